using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Instances;

/// <summary>
/// Decides for all calls of one instance, wherever in the cluster they are made: windows, breaker and credentials have one owner. The calls themselves are made
/// by the caller, not by the owner.
/// </summary>
public interface IInstanceGate
{
    /// <summary>Asks to make one call. Counts it in all windows when it is let through.</summary>
    /// <param name="intent">The call.</param>
    /// <param name="cancellationToken">Stops waiting; a permit that was given nevertheless lapses by itself.</param>
    ValueTask<CallPermit> EnterAsync(CallIntent intent, CancellationToken cancellationToken);

    /// <summary>Says how a permitted call ended: adapts the windows to the system's own numbers, feeds breaker and health. Best effort, does not throw.</summary>
    /// <param name="report">How it ended.</param>
    ValueTask LeaveAsync(CallReport report);

    /// <summary>
    /// The system refused the credential: gets a newer one. Callers with the same refused generation share one renewal.
    /// </summary>
    /// <param name="userId">Whose own sign-in it is; null for the instance's.</param>
    /// <param name="refusedGeneration">The <see cref="Credential.Generation"/> that was refused.</param>
    /// <param name="cancellationToken">Stops waiting, not the renewal.</param>
    /// <returns>The newer credential; null when there is none to be had, and somebody has to sign in again.</returns>
    ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken);
}

/// <summary>One call that somebody wants to make.</summary>
/// <param name="OperationId">The operation's id inside the template.</param>
/// <param name="Cost">Units of the limits.</param>
/// <param name="ResourceKey">What identifies the resource for limits of that scope.</param>
/// <param name="UserId">Whose own sign-in is to be used; null for the instance's.</param>
/// <param name="IsRetry">Whether an earlier attempt of the same call failed: it then needs room in the retry budget too.</param>
public sealed record CallIntent(string OperationId, int Cost, string? ResourceKey, string? UserId, bool IsRetry);

/// <summary>The answer to a <see cref="CallIntent"/>.</summary>
public sealed record CallPermit
{
    /// <summary>Identifies the permit in <see cref="CallReport.PermitId"/>; 0 when it was refused.</summary>
    public long Id { get; init; }

    /// <summary>What the call is made with; null when it was refused or nothing is needed.</summary>
    public Credential? Credential { get; init; }

    /// <summary>Why it was refused: <c>rate_limited</c>, <c>unavailable</c> (breaker open), <c>unauthenticated</c>, <c>not_configured</c>; null when it may be made.</summary>
    public string? Refusal { get; init; }

    /// <summary>A text that is safe to show.</summary>
    public string? Message { get; init; }

    /// <summary>When it is worth asking again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the owner would like to know what the answer looks like.</summary>
    public bool WantsShape { get; init; }

    /// <summary>Whether it was refused for the limit of its resource alone: calls for others may be made.</summary>
    public bool IsOfResource { get; init; }

    /// <summary>Whether it may be made now.</summary>
    public bool IsGranted => Refusal is null;
}

/// <summary>What a call is signed in with. Kept no longer than the call.</summary>
/// <param name="Generation">Goes up with every renewal.</param>
/// <param name="Values">The sign-in's fields and, where there is one, <c>access_token</c>.</param>
/// <param name="BaseUrl">The address that the token answer named, for systems that tell it there.</param>
public sealed record Credential(long Generation, IReadOnlyDictionary<string, SecretText> Values, Uri? BaseUrl = null);

/// <summary>How a permitted call ended.</summary>
public sealed record CallReport
{
    /// <summary>The permit.</summary>
    public required long PermitId { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    public required string OperationId { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code of <see cref="ActionFailed"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Whether the breaker counts it as a failure: broken connections, time-outs and server errors do, refusals and 429 do not.</summary>
    public required bool IsFailure { get; init; }

    /// <summary>The status, if there was an answer.</summary>
    public int? Status { get; init; }

    /// <summary>How long the call took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The system's own numbers: the limit.</summary>
    public long? Limit { get; init; }

    /// <summary>What is left in its window.</summary>
    public long? Remaining { get; init; }

    /// <summary>Until its window begins anew.</summary>
    public TimeSpan? ResetAfter { get; init; }

    /// <summary>The numbers of further limits, where the system tells of several.</summary>
    public IReadOnlyList<LimitNumbers> FurtherLimits { get; init; } = [];

    /// <summary>How long it asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The resource whose limits were hit, when it was one's.</summary>
    public string? ResourceKey { get; init; }

    /// <summary>What the answer looked like, types without values, when the owner asked for it and there is something to tell.</summary>
    public SampleState? Shape { get; init; }
}

/// <summary>A system's own numbers about one limit of its template.</summary>
/// <param name="At">The limit's place in the template.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Remaining">What is left in its window.</param>
/// <param name="ResetAfter">Until its window begins anew.</param>
public readonly record struct LimitNumbers(int At, long? Limit, long? Remaining, TimeSpan? ResetAfter);
