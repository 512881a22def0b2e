namespace Steward.Engines.Connectors.Auth;

/// <summary>How well an instance, or one person on it, is signed in.</summary>
public enum CredentialState
{
    /// <summary>Credentials are there, or were not needed yet.</summary>
    Active,

    /// <summary>They could not be renewed for now, or end soon without a way to renew them.</summary>
    Expiring,

    /// <summary>They are not accepted, or there are none: somebody has to sign in or mend the configuration.</summary>
    Broken,
}

/// <summary>A change of state, for the administrator. No secret in it.</summary>
/// <param name="TenantId">The tenant.</param>
/// <param name="Instance">The instance's name.</param>
/// <param name="UserId">Whose own sign-in it is; null for the instance's.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state now.</param>
/// <param name="Code">A code of <see cref="ActionFailed"/> when it is not <see cref="CredentialState.Active"/>.</param>
/// <param name="Message">What happened and what to do.</param>
/// <param name="At">When.</param>
public sealed record CredentialStateChange(
    string TenantId, string Instance, string? UserId, CredentialState From, CredentialState To, string? Code, string? Message, DateTimeOffset At);

/// <summary>Is told of changes. Must not throw and must not wait.</summary>
public interface ICredentialObserver
{
    /// <summary>A state changed.</summary>
    void Changed(CredentialStateChange change);
}

/// <summary>A credential, or why there is none.</summary>
public sealed record CredentialAnswer
{
    /// <summary>What to sign in with.</summary>
    public Instances.Credential? Credential { get; init; }

    /// <summary>Why there is none, as a code of <see cref="ActionFailed"/>.</summary>
    public string? Refusal { get; init; }

    /// <summary>A text that is safe to show.</summary>
    public string? Message { get; init; }

    /// <summary>When it is worth asking again; null when that is not known, or somebody has to act first.</summary>
    public TimeSpan? RetryAfter { get; init; }

    internal static CredentialAnswer Of(Instances.Credential credential) => new() { Credential = credential };

    internal static CredentialAnswer Refused(string code, string message, TimeSpan? retryAfter = null) => new() { Refusal = code, Message = message, RetryAfter = retryAfter };
}
