using Steward.Runs;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>
/// How what messages say comes into their authors' memories: beside the run, begun as soon as the message is durable. The journal is not closed over a message of which it is not known that this has happened; whatever is lost, it is then done again.
/// </summary>
internal sealed partial class SessionGrain
{
    // A memory that cannot be written now is mostly waiting for its vault or store.
    private static readonly TimeSpan RememberAgainAfter = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Task> _remembering = new(StringComparer.Ordinal);

    private async Task<JournalEntry?> AppendMessage(params (string Type, SessionRecord Content, string? DeduplicationId)[] records)
    {
        var earlier = await Append(open: true, records);
        if (earlier is null && records[^1].Content is UserMessageAccepted { RunId: var runId } && Conversation.FindOpen(runId) is { } message)
        {
            _ = Remember(message);
        }

        return earlier;
    }

    private Task Remember(PendingMessage message)
    {
        var runId = message.Message.RunId;
        if (!_remembering.TryGetValue(runId, out var task) || task.IsFaulted)
        {
            _remembering[runId] = task = _memory.RememberAsync(Key, message.Message, message.At);
        }

        return task;
    }

    /// <summary>Whether what a run's message said is in the memory, after waiting for a moment.</summary>
    private async Task<bool> IsRemembered(string runId)
    {
        if (Conversation.FindOpen(runId) is not { } message)
        {
            return true;
        }

        var task = Remember(message);
        if (!task.IsCompleted)
        {
            await Task.WhenAny(task, Task.Delay(_memory.Patience, _time));
        }

        if (!task.IsCompletedSuccessfully)
        {
            ResumeSoon(RememberAgainAfter);
            return false;
        }

        _remembering.Remove(runId);
        return true;
    }

    /// <summary>Keeps what the run did, before its end is recorded: a run that is not told that it was tells it again. One that waits too long for the memory does without.</summary>
    private async Task RememberDone(RunReport report)
    {
        if (!report.IsInterim)
        {
            await _memory.RememberDoneAsync(Key, report, _time.GetUtcNow())
                .WaitAsync(_memory.Patience, _time)
                .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sees to the messages that had their end before they were in the memory.</summary>
    private async Task CatchUp()
    {
        foreach (var message in Conversation.Unremembered.ToList())
        {
            var runId = message.Message.RunId;
            if (await IsRemembered(runId))
            {
                var open = Conversation.Pending.Count + Conversation.Unstarted.Count + Conversation.Unremembered.Count(other => other != message) > 0;
                await Append(open, (SessionRecordTypes.Remembered, new MessageRemembered { RunId = runId }, null));
            }
        }
    }

    /// <summary>Whether the journal has to stay open for other messages than that of a run.</summary>
    private bool IsOpenBesides(string runId) =>
        Conversation.Pending.Concat(Conversation.Unstarted).Any(message => !string.Equals(message.Message.RunId, runId, StringComparison.Ordinal))
        || Conversation.Unremembered.Any(message => !string.Equals(message.Message.RunId, runId, StringComparison.Ordinal));
}
