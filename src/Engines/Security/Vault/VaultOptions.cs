using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Vault;

/// <summary>Where secrets are kept.</summary>
public enum VaultKind
{
    /// <summary>In Steward's store, encrypted.</summary>
    Embedded,

    /// <summary>In HashiCorp Vault or OpenBao, secrets engine KV version 2.</summary>
    HashiCorp,
}

/// <summary>Where secrets are kept; bound from <c>Steward:Vault</c>.</summary>
public sealed class VaultOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Steward:Vault";

    /// <summary>Embedded by default.</summary>
    public VaultKind Kind { get; set; }

    /// <summary>The master keys of the embedded vault; made with the first secret when it does not exist. Processes on several machines need the same file.</summary>
    public string KeyFile { get; set; } = "data/vault.key";

    /// <summary>The address of HashiCorp Vault or OpenBao, for example <c>https://vault.acme.com:8200</c>; http on loopback only.</summary>
    public Uri? Address { get; set; }

    /// <summary>The namespace, sent as <c>X-Vault-Namespace</c>; may hold <c>{tenant}</c>, for example <c>tenants/{tenant}</c>.</summary>
    public string? Namespace { get; set; }

    /// <summary>The namespace of the AppRole login; by default the part of <see cref="Namespace"/> before <c>{tenant}</c>.</summary>
    public string? LoginNamespace { get; set; }

    /// <summary>The mount of the KV engine; may hold <c>{tenant}</c>, for example <c>steward-{tenant}</c>. Without <c>{tenant}</c> in it or in the namespace, paths begin with the tenant.</summary>
    public string MountTemplate { get; set; } = "secret";

    /// <summary>The mount of the AppRole method.</summary>
    public string AppRoleMount { get; set; } = "approle";

    /// <summary>The role.</summary>
    public string? RoleId { get; set; }

    /// <summary>A file with the role's secret id, readable by its owner only. Read at every login, so that it can be replaced while Steward runs.</summary>
    public string? SecretIdFile { get; set; }

    /// <summary>The longest time for one request; 5 seconds by default.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often data keys are looked through for those that an older master key sealed; an hour by default.</summary>
    public TimeSpan RewrapEvery { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class VaultOptionsValidator : IValidateOptions<VaultOptions>
{
    public ValidateOptionsResult Validate(string? name, VaultOptions options)
    {
        var problems = new List<string>();
        switch (options.Kind)
        {
            case VaultKind.Embedded when string.IsNullOrWhiteSpace(options.KeyFile):
                problems.Add("Set Steward:Vault:KeyFile to a path, for example data/vault.key.");
                break;
            case VaultKind.Embedded:
                break;
            case VaultKind.HashiCorp:
                CheckServer(options, problems);
                break;
            default:
                problems.Add("Steward:Vault:Kind must be Embedded or HashiCorp.");
                break;
        }

        if (options.Timeout < TimeSpan.FromMilliseconds(100) || options.Timeout > TimeSpan.FromMinutes(1))
        {
            problems.Add("Steward:Vault:Timeout must be between 0.1 seconds and one minute.");
        }

        if (options.RewrapEvery < TimeSpan.FromSeconds(1) || options.RewrapEvery > TimeSpan.FromDays(1))
        {
            problems.Add("Steward:Vault:RewrapEvery must be between one second and one day.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void CheckServer(VaultOptions options, List<string> problems)
    {
        if (options.Address is not { IsAbsoluteUri: true } address
            || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            || address.PathAndQuery != "/" || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            problems.Add("Steward:Vault:Address must be an https address without path, such as https://vault.acme.com:8200 (http only on loopback).");
        }

        CheckPath("MountTemplate", options.MountTemplate, required: true, "secret or steward-{tenant}");
        CheckPath("AppRoleMount", options.AppRoleMount, required: true, "approle");
        CheckPath("Namespace", options.Namespace, required: false, "tenants/{tenant}");
        CheckPath("LoginNamespace", options.LoginNamespace, required: false, "tenants");
        if (options.AppRoleMount.Contains('{', StringComparison.Ordinal) || options.LoginNamespace?.Contains('{', StringComparison.Ordinal) == true)
        {
            problems.Add("Steward:Vault:AppRoleMount and LoginNamespace must not hold {tenant}: Steward signs in once for all tenants.");
        }

        if (string.IsNullOrWhiteSpace(options.RoleId))
        {
            problems.Add("Set Steward:Vault:RoleId to the id of Steward's AppRole.");
        }

        if (string.IsNullOrWhiteSpace(options.SecretIdFile))
        {
            problems.Add("Set Steward:Vault:SecretIdFile to a file with the AppRole's secret id, with mode 600.");
        }

        void CheckPath(string setting, string? value, bool required, string example)
        {
            if (string.IsNullOrEmpty(value) ? required : !VaultNames.IsPathTemplate(value))
            {
                problems.Add($"Steward:Vault:{setting} must be names of letters, digits, dots, hyphens and underscores with slashes between them and {{tenant}} at most once, for example {example}.");
            }
        }
    }
}
