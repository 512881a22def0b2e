namespace Steward.Storage.Vault;

/// <summary>The limits that both vault stores keep to, so that what one accepts the other accepts too.</summary>
internal static class VaultArguments
{
    public const int MaxNameLength = 512;
    public const int MaxSealedLength = 1024 * 1024;
    public const int MaxLimit = 1_000;

    public static void Place(string tenantId, string path)
    {
        Text(tenantId, nameof(tenantId));
        Text(path, nameof(path));
    }

    public static void Row(VaultRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Place(row.TenantId, row.Path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(row.Version);
        Text(row.KeyId, nameof(row.KeyId));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row.Sealed.Length, MaxSealedLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(row.WrappedKey.Length, 1024);
    }

    public static void List(string tenantId, string prefix, string? afterPath, int limit)
    {
        Text(tenantId, nameof(tenantId));
        Text(prefix, nameof(prefix));
        if (afterPath is not null)
        {
            Text(afterPath, nameof(afterPath));
        }

        Limit(limit);
    }

    public static void Limit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
    }

    /// <summary>Where the paths with a prefix end. The vault's names are ASCII, and so are its prefixes.</summary>
    public static string EndOf(string prefix) => prefix[..^1] + (char)(prefix[^1] + 1);

    public static void Text(string value, string name)
    {
        if (value is not { Length: > 0 and <= MaxNameLength } || !System.Text.Ascii.IsValid(value) || value.AsSpan().ContainsAnyInRange('\0', ' ') || value.Contains('\x7f', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{name} must be 1 to {MaxNameLength} visible ASCII characters.", name);
        }
    }
}
