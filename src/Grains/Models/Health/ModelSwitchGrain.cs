using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Models.Health;

/// <summary>Owns the operator's switch of the degradation ladder. Persists: <see cref="ModelSwitchState"/>. Woken by: the operator, and the silos, which follow it.</summary>
internal sealed partial class ModelSwitchGrain([PersistentState("switch", StorageNames.GrainState)] IPersistentState<ModelSwitchState> state, TimeProvider time, ILogger<ModelSwitchGrain> logger)
    : StewardGrain, IModelSwitchGrain
{
    private const int MaxTurns = 100;

    private ModelSwitchView View => new() { Position = Position, Turns = [.. Enumerable.Reverse(state.State.Turns)] };

    private ModelSwitchPosition Position => state.State.Turns is [.., { Step: { } step } last] && (last.Until is null || last.Until > time.GetUtcNow())
        ? new ModelSwitchPosition { Step = step, Left = last.Until - time.GetUtcNow() }
        : new ModelSwitchPosition();

    /// <inheritdoc/>
    public async Task<ModelSwitchView> Turn(TurnModelSwitch turn, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        ModelSwitchRules.Check(turn);
        if (state.State.Turns.Exists(known => known.Id == turn.Id))
        {
            return View;
        }

        var now = time.GetUtcNow();
        state.State.Turns.Add(new ModelSwitchTurn { Id = turn.Id, At = now, By = turn.By, Reason = turn.Reason, Step = turn.Step, Until = now + turn.For });
        if (state.State.Turns.Count > MaxTurns)
        {
            state.State.Turns.RemoveRange(0, state.State.Turns.Count - MaxTurns);
        }

        await Write();
        LogTurned(logger, turn.Step ?? "none", turn.By, turn.Reason, now + turn.For);
        return View;
    }

    /// <inheritdoc/>
    public Task<ModelSwitchView> Read(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(View);
    }

    /// <inheritdoc/>
    public Task<ModelSwitchPosition> Follow(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult(Position);
    }

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(EventId = 7116, Level = LogLevel.Warning, Message = "The step of the degradation ladder that is forced for the whole cluster is now {Step}, by {By}, because: {Reason} (until {Until})")]
    private static partial void LogTurned(ILogger logger, string step, string by, string reason, DateTimeOffset? until);
}

/// <summary>How the switch may be turned.</summary>
internal static class ModelSwitchRules
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Refuses what names no step, nobody, no reason or no time.</summary>
    public static void Check(TurnModelSwitch turn)
    {
        Demand(turn.Step is null || ModelCallRules.IsStep(turn.Step), "step", $"must be one of {ModelCallRules.StepNames}, or null.");
        Demand(IsPrintable(turn.Id, 64), "id", "must have 1 to 64 printable characters.");
        Demand(IsPrintable(turn.By, 100), "by", "must have 1 to 100 printable characters: who turns it.");
        Demand(IsPrintable(turn.Reason, 500), "reason", "must have 1 to 500 printable characters: why it is turned.");
        Demand(turn.For is null || (turn.Step is not null && turn.For >= Shortest && turn.For <= Longest), "for", "must be 1 second to 365 days, with a step, or null.");
    }

    // It is read in logs and on terminals: nothing that begins a line of its own, steers a terminal or turns the direction of a text.
    private static bool IsPrintable(string? text, int longest) => text is { Length: > 0 } && text.Length <= longest && !string.IsNullOrWhiteSpace(text)
        && !text.Any(letter => char.GetUnicodeCategory(letter) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.Surrogate);

    private static void Demand(bool condition, string field, string allowed)
    {
        if (!condition)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }
}
