using System.Text.RegularExpressions;

namespace Steward.Engines.Security.Vault;

/// <summary>Where a tenant's secrets are in HashiCorp Vault or OpenBao.</summary>
internal sealed partial class VaultNames(VaultOptions options)
{
    private const string Placeholder = "{tenant}";

    private readonly bool _tenantInPath =
        !options.MountTemplate.Contains(Placeholder, StringComparison.Ordinal) && options.Namespace?.Contains(Placeholder, StringComparison.Ordinal) != true;

    public static bool IsPathTemplate(string value) =>
        value.Length <= 200 && PathTemplate().IsMatch(value.Replace(Placeholder, "t", StringComparison.Ordinal)) && value.Split(Placeholder).Length <= 2;

    /// <summary>The namespace for the login; null for none.</summary>
    public string? LoginNamespace => string.IsNullOrEmpty(options.LoginNamespace)
        ? options.Namespace?.Split(Placeholder)[0].TrimEnd('/') is { Length: > 0 } fixedPart ? fixedPart : null
        : options.LoginNamespace;

    public string? NamespaceOf(string tenantId) => string.IsNullOrEmpty(options.Namespace) ? null : options.Namespace.Replace(Placeholder, tenantId, StringComparison.Ordinal);

    /// <summary>The path of a request: <paramref name="kind"/> is <c>data</c>, <c>metadata</c> or <c>destroy</c>. All parts are made of letters that need no escaping.</summary>
    public string Address(VaultPath path, string kind) =>
        $"/v1/{options.MountTemplate.Replace(Placeholder, path.TenantId, StringComparison.Ordinal)}/{kind}/{(_tenantInPath ? path.TenantId + "/" : "")}{path.Path}";

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PathTemplate();
}
