using System.Text.Json;
using Steward.Client;
using Steward.Errors;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Host.Commands;

/// <summary>What is said in a terminal: messages, and answers to what a run asks.</summary>
internal sealed class ChatConversation(IStewardUserClient client, string sessionId, ChatScreen screen)
{
    private string? _waitingRun;
    private long _seen;

    /// <summary>Takes one line: <c>/approve</c> and the like answer the run that waits, everything else is a message.</summary>
    public async Task TakeAsync(string line, CancellationToken cancellationToken)
    {
        try
        {
            if (line.StartsWith('/'))
            {
                await DecideAsync(line.Trim()[1..], cancellationToken);
            }
            else
            {
                await AskAsync(line, cancellationToken);
            }
        }
        catch (StewardException exception) when (exception.Code is not ErrorCodes.Unauthenticated)
        {
            screen.Problem($"{exception.Message} ({exception.Code})");
        }
    }

    private async Task AskAsync(string text, CancellationToken cancellationToken)
    {
        var submitted = await client.SubmitAsync(sessionId, text, cancellationToken: cancellationToken);
        if (submitted.RunId is not { } runId)
        {
            screen.Problem(submitted.Reason ?? "The session is busy with another message.");
            return;
        }

        if (submitted.Outcome == SubmitOutcome.Queued)
        {
            screen.Queued(submitted.QueuePosition);
        }

        await FollowAsync(runId, 0, cancellationToken);
    }

    private async Task DecideAsync(string command, CancellationToken cancellationToken)
    {
        if (_waitingRun is not { } runId)
        {
            screen.Problem("Nothing waits for an answer. /quit ends.");
            return;
        }

        var (option, comment) = command.Split(' ', 2) is [var first, var rest] ? (first, rest.Trim()) : (command, null);
        var open = (await client.GetDecisionsAsync(runId, cancellationToken)).Where(decision => decision.IsOpen).ToList();
        if (open.FirstOrDefault(decision => decision.Request.Options.Contains(option)) is not { } asked)
        {
            screen.Problem(open.Count == 0
                ? "It does not wait any more."
                : $"/{option} is no answer to that; {string.Join(", ", open.SelectMany(decision => decision.Request.Options).Distinct().Select(known => "/" + known))} are.");
            return;
        }

        await client.DecideAsync(
            runId,
            new MakeDecision { RequestId = asked.Request.RequestId, Decision = option, SubjectHash = asked.Request.SubjectHash, Comment = comment, Channel = "terminal" },
            cancellationToken);
        await FollowAsync(runId, _seen, cancellationToken);
    }

    /// <summary>Shows a run until it has ended, waits for a person, or goes on without anybody waiting for it.</summary>
    private async Task FollowAsync(string runId, long after, CancellationToken cancellationToken)
    {
        _waitingRun = null;
        var remembers = false;
        await foreach (var runEvent in client.WatchOwnRunAsync(runId, after, cancellationToken))
        {
            _seen = runEvent.Sequence;
            using var content = JsonDocument.Parse(runEvent.Data);
            screen.Show(runEvent.Type, content.RootElement);

            // What was asked of the memory itself is the answer.
            remembers |= runEvent.Type == "memory.recalled" && content.RootElement.TryGetProperty("mode", out var mode) && mode.GetString() != "all";
            if (remembers && runEvent.Type == "run.ended")
            {
                screen.Remembered((await client.GetRunAsync(runId, cancellationToken)).Memories.Where(memory => memory.IsInAnswer));
            }

            if (runEvent.Type == "run.waiting")
            {
                _waitingRun = runId;
                foreach (var decision in (await client.GetDecisionsAsync(runId, cancellationToken)).Where(decision => decision.IsOpen))
                {
                    screen.Offer(decision.Request.Options, decision.Request.Deciders, decision.Request.Deciders.Contains("requester"), decision.Request.ApprovalId);
                }

                return;
            }

            if (runEvent.Type == "run.deadline_reached")
            {
                return;
            }
        }
    }
}
