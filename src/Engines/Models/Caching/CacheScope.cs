using System.Diagnostics.CodeAnalysis;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>Between whom answers are shared: a tenant, and in it those who may see the same. There is no way to make one without both.</summary>
public sealed class CacheScope : IEquatable<CacheScope>
{
    private CacheScope(string tenantId, string rights, bool isPerson) => (TenantId, Rights, IsPerson) = (tenantId, rights, isPerson);

    /// <summary>The tenant.</summary>
    public string TenantId { get; }

    /// <summary>Whether it is one person alone.</summary>
    public bool IsPerson { get; }

    /// <summary>What is seen, with its kind before it, so that no scope is ever equal to a person.</summary>
    internal string Rights { get; }

    /// <summary>The scope of a caller.</summary>
    /// <returns>False when neither a scope of rights nor a person is known: such a call shares nothing.</returns>
    public static bool TryOf(ModelCallOrigin origin, [NotNullWhen(true)] out CacheScope? scope)
    {
        ArgumentNullException.ThrowIfNull(origin);
        scope = string.IsNullOrEmpty(origin.TenantId) ? null
            : origin.RightsScope is { } rights ? new CacheScope(origin.TenantId, "rights:" + rights, isPerson: false)
            : string.IsNullOrEmpty(origin.UserId) ? null
            : new CacheScope(origin.TenantId, "person:" + origin.UserId, isPerson: true);
        return scope is not null;
    }

    /// <inheritdoc/>
    public bool Equals(CacheScope? other) => other is not null && TenantId == other.TenantId && Rights == other.Rights;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CacheScope);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TenantId, Rights);
}
