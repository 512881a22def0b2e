namespace Steward.Engines.Orchestration.Limits;

/// <summary>What a call of a model is expected to use.</summary>
/// <param name="InputTokens">The estimate of what it reads.</param>
/// <param name="InputPrice">US dollars for a token read; null when the price is not known.</param>
/// <param name="OutputPrice">US dollars for a token written; null when the price is not known.</param>
/// <param name="IsLast">Whether it is the answer that ends the run or hand-off: it may use what is held back for it.</param>
internal readonly record struct CallNeed(long InputTokens, decimal? InputPrice, decimal? OutputPrice, bool IsLast);

/// <summary>
/// One budget of each kind: what is allowed, used and reserved. A part is held back for the last answer, so that a run that has used up the rest can still say what it knows. Not
/// safe for concurrent use.
/// </summary>
internal sealed class BudgetAccount(RunLimits limits, string? scope)
{
    /// <summary>An answer of fewer tokens than these is not worth asking for.</summary>
    public const int MinAnswer = 256;

    private const long MostHeldBackTokens = 4_000;

    public RunLimits Limits { get; set; } = limits;

    public string? Scope => scope;

    public int Steps { get; private set; }

    public int Calls { get; private set; }

    public long Tokens { get; private set; }

    public decimal CostUsd { get; private set; }

    public int ReservedCalls { get; private set; }

    public long ReservedTokens { get; private set; }

    public decimal ReservedUsd { get; private set; }

    public void CountStep() => Steps++;

    public void CountCall(long tokens, decimal costUsd)
    {
        Calls++;
        Tokens += tokens;
        CostUsd += costUsd;
    }

    /// <summary>Counts what a call used that came to nothing.</summary>
    public void CountBroken(long tokens, decimal costUsd)
    {
        Tokens += tokens;
        CostUsd += costUsd;
    }

    public BudgetExhausted? CheckStep() => Limits.Steps is { } limit && Steps >= limit ? Exhausted("steps", limit, Steps, 1) : null;

    public BudgetExhausted? CheckTime(TimeSpan worked, bool isLast)
    {
        if (Limits.Seconds is not { } limit)
        {
            return null;
        }

        var heldBack = isLast ? 0 : Math.Min(limit / 10, 10);
        return worked.TotalSeconds >= limit - heldBack ? Exhausted("time", (decimal)limit, Math.Round((decimal)worked.TotalSeconds, 1), 0) : null;
    }

    /// <summary>How many tokens a call may write, at most <paramref name="wanted"/>; or what is used up.</summary>
    public (int Output, BudgetExhausted? Exhausted) Grant(CallNeed need, int wanted)
    {
        if (Limits.ModelCalls is { } calls && Calls + ReservedCalls + 1 > calls - (need.IsLast || calls < 2 ? 0 : 1))
        {
            return (0, Exhausted("model_calls", calls, Calls, 1));
        }

        long output = wanted;
        if (Limits.Tokens is { } tokens)
        {
            var free = tokens - Tokens - ReservedTokens - (need.IsLast ? 0 : Math.Min(tokens / 10, MostHeldBackTokens));
            output = Math.Min(output, free - need.InputTokens);
            if (output < MinAnswer)
            {
                return (0, Exhausted("tokens", tokens, Tokens, need.InputTokens + MinAnswer));
            }
        }

        if (Limits.CostUsd is { } money && need is { InputPrice: { } read, OutputPrice: { } write })
        {
            var free = money - CostUsd - ReservedUsd - (need.IsLast ? 0 : money / 10);
            var left = free - (need.InputTokens * read);
            output = write > 0 ? (long)Math.Min(output, Math.Max(0, decimal.Floor(left / write))) : left >= 0 ? output : 0;
            if (output < MinAnswer)
            {
                return (0, Exhausted("money", money, CostUsd, (need.InputTokens * read) + (MinAnswer * write)));
            }
        }

        return ((int)output, null);
    }

    public void Reserve(CallReservation reservation)
    {
        ReservedCalls++;
        ReservedTokens += reservation.Tokens;
        ReservedUsd += reservation.CostUsd;
    }

    public void Release(CallReservation reservation)
    {
        ReservedCalls--;
        ReservedTokens -= reservation.Tokens;
        ReservedUsd -= reservation.CostUsd;
    }

    private BudgetExhausted Exhausted(string budget, decimal limit, decimal used, decimal needed) =>
        new() { Budget = budget, Limit = limit, Used = used, Needed = needed, Scope = scope };
}

/// <summary>What is set aside for one call until it is known what it used.</summary>
/// <param name="Scope">The hand-off inside which it is made.</param>
/// <param name="InputTokens">The estimate of what it reads.</param>
/// <param name="OutputTokens">The most that it may write.</param>
/// <param name="CostUsd">What both cost; zero when the price is not known.</param>
internal sealed record CallReservation(string? Scope, long InputTokens, int OutputTokens, decimal CostUsd)
{
    public long Tokens => InputTokens + OutputTokens;
}
