using Steward.Identity;
using Steward.Models.Feedback;

namespace Steward.Runs;

/// <summary>What people say something of.</summary>
internal sealed partial class RunGrain
{
    /// <inheritdoc/>
    public async Task<RunExchange?> GetExchange(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await LoadedAsync();
        if (_journal.Origin is not { } origin || _journal.Life.Retired is not null || _journal.Snapshot.Input is not { } input)
        {
            return null;
        }

        var calls = _journal.Snapshot.ModelCalls;
        return new RunExchange
        {
            UserId = origin.UserId,
            Text = input.Text,
            Answer = _journal.HasEnded ? _journal.Status(RunId)?.Answer ?? "" : "",
            HasEnded = _journal.HasEnded,
            RequestedAt = origin.At,
            ConversationId = input.ConversationId,
            Variants = RunEscalations.VariantsOf(_journal.Snapshot),
            PromptVersion = calls.LastOrDefault(call => call.PromptVersion is not null)?.PromptVersion,
        };
    }
}
