using Steward.Identity;

namespace Steward.People;

/// <summary>The admins of a tenant that came by themselves lately, for what all of them should know. Key: <c>t-acme/i-admins</c>.</summary>
[Alias("steward.known-admins")]
public interface IKnownAdminsGrain : IGrainWithStringKey
{
    /// <summary>A person was here with these roles: is one of them, or is not any more. The platform only.</summary>
    [Alias("saw")]
    Task Saw(CallerIdentity person, CancellationToken cancellationToken = default);

    /// <summary>The admins, those who were here last first. The platform only.</summary>
    [Alias("list")]
    Task<IReadOnlyList<CallerIdentity>> List(CancellationToken cancellationToken = default);
}
