using System.Text;
using Steward.Engines.Orchestration.Tracing;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>What became of the run, as a tree.</summary>
internal sealed partial class RunGrain
{
    /// <inheritdoc/>
    public async Task<string?> ReadTrace(bool includePrompts, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        await LoadedAsync();
        var isOwner = IsOwner(caller);
        if (_journal.Origin is null || (!isOwner && !(caller.Roles.Contains(WellKnownRoles.Admin) && (_journal.Life.IsTechnical || _journal.Life.Attempt > 1))))
        {
            return null;
        }

        var builder = new RunTraceBuilder(RunId);
        for (var after = 0L; ;)
        {
            var events = await _journal.ReadAsync(after, cancellationToken);
            if (events.Count == 0)
            {
                break;
            }

            foreach (var runEvent in events)
            {
                builder.Add(runEvent.Sequence, runEvent.Type, runEvent.At, Encoding.UTF8.GetBytes(runEvent.Data));
            }

            after = events[^1].Sequence;
        }

        var prompts = includePrompts && isOwner ? await TracePrompts.ReadAsync(builder.PromptHashes, _journal.LoadContentAsync, cancellationToken) : null;
        var now = _time.GetUtcNow();
        return await Task.Run(() => Encoding.UTF8.GetString(builder.Build(now, prompts, withContent: isOwner).ToUtf8Json()), cancellationToken);
    }
}
