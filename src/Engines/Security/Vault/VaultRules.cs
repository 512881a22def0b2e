using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Security.Vault;

/// <summary>What every vault accepts, so that secrets can move from one to another.</summary>
internal static partial class VaultRules
{
    public const int MaxPathLength = 300;
    public const int MaxValues = 64;
    public const int MaxBytes = 256 * 1024;

    public static void Check(VaultPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!StewardIds.IsValid(path.TenantId, 't'))
        {
            throw new ArgumentException("The tenant of a secret must be an id such as t-acme.", nameof(path));
        }

        if (path.Path is not { Length: > 0 and <= MaxPathLength } || !Names().IsMatch(path.Path))
        {
            throw new ArgumentException(
                $"The path of a secret must be at most {MaxPathLength} characters: names of letters, digits, dots, hyphens and underscores, not beginning with a dot, with slashes between them.", nameof(path));
        }
    }

    public static void Check(IReadOnlyDictionary<string, SecretText> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count is 0 or > MaxValues)
        {
            throw new ArgumentException($"A secret has 1 to {MaxValues} values.", nameof(values));
        }

        var bytes = 0;
        foreach (var (name, value) in values)
        {
            if (name.Length > 100 || !Name().IsMatch(name))
            {
                throw new ArgumentException("A value's name must be 1 to 100 letters, digits, dots, hyphens and underscores.", nameof(values));
            }

            ArgumentNullException.ThrowIfNull(value, nameof(values));
            bytes += Encoding.UTF8.GetByteCount(value.Reveal());
        }

        if (bytes > MaxBytes)
        {
            throw new ArgumentException($"The values of a secret must be at most {MaxBytes / 1024} KiB together.", nameof(values));
        }
    }

    public static void CheckVersion(int? version, string name)
    {
        if (version is { } number)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, name);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
