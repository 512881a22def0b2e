using System.Text;

namespace Steward.Engines.Inference.Models;

/// <summary>Who gets the answers of a model's version.</summary>
public sealed record ModelExposure
{
    /// <summary>What it is.</summary>
    public required ExposureKind Kind { get; init; }

    /// <summary>Of a canary: tenants that always get it.</summary>
    public IReadOnlySet<string> Tenants { get; init; } = new HashSet<string>();

    /// <summary>Of a canary: the part of the other tenants that gets it; of a shadow: the part of requests that it also sees. 0 to 1.</summary>
    public double Share { get; init; }

    /// <summary>Everybody gets it from now on.</summary>
    public static ModelExposure Everyone { get; } = new() { Kind = ExposureKind.Everyone };

    /// <summary>Some tenants get it.</summary>
    public static ModelExposure Canary(double share, params string[] tenants) => new() { Kind = ExposureKind.Canary, Share = share, Tenants = tenants.ToHashSet(StringComparer.Ordinal) };

    /// <summary>It sees requests and nobody sees its answers; how often they agree is measured.</summary>
    public static ModelExposure Shadow(double share = 1) => new() { Kind = ExposureKind.Shadow, Share = share };

    /// <summary>Whether a canary takes a tenant: the same answer every time, and another choice of tenants for each version. Never who asks on behalf of none.</summary>
    internal bool Takes(string tenant, ModelManifest version) =>
        Kind == ExposureKind.Canary && tenant.Length > 0 && (Tenants.Contains(tenant) || Position($"{version.Name}\n{version.Version}\n{tenant}") < Share);

    /// <summary>Whether both give it to the same tenants or requests.</summary>
    internal bool IsSame(ModelExposure other) => Kind == other.Kind && Share == other.Share && Tenants.SetEquals(other.Tenants);

    // FNV-1a with a final mix, as a place in [0, 1).
    private static double Position(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdUL;
        hash ^= hash >> 33;
        return (hash >> 11) * (1.0 / (1UL << 53));
    }
}

/// <summary>What a version is for.</summary>
public enum ExposureKind
{
    /// <summary>The version that all get who get no other one.</summary>
    Everyone,

    /// <summary>The version that some tenants get.</summary>
    Canary,

    /// <summary>A version whose answers are only compared.</summary>
    Shadow,
}
