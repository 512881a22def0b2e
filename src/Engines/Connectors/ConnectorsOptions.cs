using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors;

/// <summary>
/// The external systems of each tenant; bound from <c>Steward:Connectors:{tenant id}:{okta|servicenow|jira|salesforce}</c>.
/// </summary>
public sealed class ConnectorsOptions
{
    /// <summary>The longest time for one operation, also when the caller's deadline is later; 30 seconds by default (<c>Steward:Connectors:Timeout</c>).</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a target system may still be at work on a request whose connection was lost; 10 seconds by default
    /// (<c>Steward:Connectors:SettleDelay</c>). A look-up that finds nothing waits for it and looks again before it says that nothing was done. A system
    /// that takes longer than this to commit after it lost its caller could be sent the same action twice.
    /// </summary>
    public TimeSpan SettleDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether connector instances may reach private and loopback addresses and speak plain http (<c>Steward:Connectors:AllowPrivateAddresses</c>), for systems on the company's own servers; not by
    /// default. A tenant's own setting counts before it. Link-local addresses, where clouds keep their machines' credentials, are never reached.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>
    /// The largest <see cref="Instances.ConnectorInstance.LimitFactor"/> that a tenant may state (<c>Steward:Connectors:MaxLimitFactor</c>); larger ones count as this one. Default 10.
    /// </summary>
    public double MaxLimitFactor { get; set; } = 10;

    /// <summary>Full paths of assemblies with typed connectors (<c>Steward:Connectors:Assemblies</c>); they are loaded at the start and run with the host's rights.</summary>
    public IList<string> Assemblies { get; } = [];

    /// <summary>The operator's own templates (<c>Steward:Connectors:Catalogue</c>).</summary>
    public CatalogueOptions Catalogue { get; } = new();

    /// <summary>The systems by tenant id, for example <c>t-acme</c>.</summary>
    public IDictionary<string, TenantConnectorsOptions> Tenants { get; } = new Dictionary<string, TenantConnectorsOptions>(StringComparer.Ordinal);

    /// <summary>Whether a tenant's connector instances may reach private addresses.</summary>
    public bool MayReachPrivateAddresses(string tenantId) => Tenants.TryGetValue(tenantId, out var tenant) && tenant.AllowPrivateAddresses is { } own ? own : AllowPrivateAddresses;

    /// <summary>The regions in which systems of a tenant's connector instances may keep data; empty for all.</summary>
    public IReadOnlyCollection<string> ResidencyOf(string tenantId) => Tenants.TryGetValue(tenantId, out var tenant) ? [.. tenant.Residency] : [];

    internal void Bind(IConfiguration section)
    {
        Timeout = section.GetValue(nameof(Timeout), Timeout);
        SettleDelay = section.GetValue(nameof(SettleDelay), SettleDelay);
        AllowPrivateAddresses = section.GetValue(nameof(AllowPrivateAddresses), AllowPrivateAddresses);
        MaxLimitFactor = section.GetValue(nameof(MaxLimitFactor), MaxLimitFactor);
        section.GetSection(nameof(Catalogue)).Bind(Catalogue);
        foreach (var path in section.GetSection(nameof(Assemblies)).Get<string[]>() ?? [])
        {
            Assemblies.Add(path);
        }

        foreach (var tenant in section.GetChildren().Where(child => child.Key.StartsWith("t-", StringComparison.Ordinal)))
        {
            if (!Tenants.TryGetValue(tenant.Key, out var options))
            {
                Tenants[tenant.Key] = options = new TenantConnectorsOptions();
            }

            tenant.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
    }
}

/// <summary>A folder with templates of the operator's own.</summary>
public sealed class CatalogueOptions
{
    /// <summary>The folder, with its manifest and signature; none by default.</summary>
    public string? Folder { get; set; }

    /// <summary>Files with the public keys (P-256, PEM) that may sign the manifest.</summary>
    public IList<string> TrustedKeys { get; } = [];
}

/// <summary>The external systems of one tenant; null for one that it does not use.</summary>
public sealed class TenantConnectorsOptions
{
    /// <summary>Whether this tenant's connector instances may reach private addresses; see <see cref="ConnectorsOptions.AllowPrivateAddresses"/>.</summary>
    public bool? AllowPrivateAddresses { get; set; }

    /// <summary>
    /// The regions in which systems of this tenant's connector instances may keep data (<c>Steward:Connectors:{tenant}:Residency:0</c> and so on), by the names that templates use, such as <c>eu</c>.
    /// Instances whose system keeps data elsewhere, or nobody knows where, are not created. All when empty, the default.
    /// </summary>
    public IList<string> Residency { get; } = [];

    /// <summary>Okta.</summary>
    public OktaOptions? Okta { get; set; }

    /// <summary>ServiceNow.</summary>
    public ServiceNowOptions? ServiceNow { get; set; }

    /// <summary>Jira Cloud.</summary>
    public JiraOptions? Jira { get; set; }

    /// <summary>Salesforce.</summary>
    public SalesforceOptions? Salesforce { get; set; }
}

/// <summary>An Okta organisation.</summary>
public sealed class OktaOptions
{
    /// <summary>For example <c>https://acme.okta.com</c>.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>An API token (Security → API → Tokens), sent as SSWS.</summary>
    public SecretText? Token { get; set; }
}

/// <summary>A ServiceNow instance: user and password alone sign in with basic authentication; with a client id and secret they are exchanged for a
/// token (grant <c>password</c>); client id and secret alone use the grant <c>client_credentials</c>.</summary>
public sealed class ServiceNowOptions
{
    /// <summary>For example <c>https://acme.service-now.com</c>.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The integration user.</summary>
    public string? User { get; set; }

    /// <summary>Its password.</summary>
    public SecretText? Password { get; set; }

    /// <summary>The client id of the application registry.</summary>
    public string? ClientId { get; set; }

    /// <summary>Its secret.</summary>
    public SecretText? ClientSecret { get; set; }
}

/// <summary>A Jira Cloud site.</summary>
public sealed class JiraOptions
{
    /// <summary>For example <c>https://acme.atlassian.net</c>.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The mail address of the integration account.</summary>
    public string? User { get; set; }

    /// <summary>Its API token.</summary>
    public SecretText? Token { get; set; }

    /// <summary>How long Jira's search may lag behind: an issue that is not found is only taken for missing when this has passed since it was sent. 5 seconds by default.</summary>
    public TimeSpan SearchDelay { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>A Salesforce organisation with a connected app that allows the client credentials flow.</summary>
public sealed class SalesforceOptions
{
    /// <summary>The My Domain address, for example <c>https://acme.my.salesforce.com</c>.</summary>
    public Uri? BaseUrl { get; set; }

    /// <summary>The consumer key of the connected app.</summary>
    public string? ClientId { get; set; }

    /// <summary>The consumer secret of the connected app.</summary>
    public SecretText? ClientSecret { get; set; }

    /// <summary>The API version; <c>v62.0</c> by default.</summary>
    public string ApiVersion { get; set; } = "v62.0";

    /// <summary>
    /// The external id field (text, unique) on Case that holds the action's id, so that a case is created once; <c>Steward_Id__c</c> by default.
    /// </summary>
    public string ExternalIdField { get; set; } = "Steward_Id__c";
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class ConnectorsOptionsValidator : IValidateOptions<ConnectorsOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectorsOptions options)
    {
        var problems = new List<string>();
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > TimeSpan.FromMinutes(10))
        {
            problems.Add("Steward:Connectors:Timeout must be longer than zero and at most 10 minutes.");
        }

        if (options.SettleDelay < TimeSpan.Zero || options.SettleDelay > TimeSpan.FromMinutes(1))
        {
            problems.Add("Steward:Connectors:SettleDelay must be between zero and one minute.");
        }

        if (!(options.MaxLimitFactor >= 1 && double.IsFinite(options.MaxLimitFactor)))
        {
            problems.Add("Steward:Connectors:MaxLimitFactor must be a number of at least 1.");
        }

        foreach (var assembly in options.Assemblies)
        {
            try
            {
                ConnectorAssemblies.Types(assembly);
            }
            catch (InvalidOperationException exception)
            {
                problems.Add(exception.Message);
            }
        }

        try
        {
            Templates.TemplateLibrary.Load(options.Catalogue);
        }
        catch (Exception exception) when (exception is DefinitionException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"Steward:Connectors:Catalogue:Folder cannot be used: {exception.Message}");
        }

        foreach (var (tenant, connectors) in options.Tenants)
        {
            var path = $"Steward:Connectors:{tenant}";
            if (connectors.Residency.FirstOrDefault(region => !System.Text.RegularExpressions.Regex.IsMatch(region, @"\A[a-z0-9-]{1,40}\z")) is { } wrong)
            {
                problems.Add($"{path}:Residency has '{wrong}'; regions are lower-case letters, digits and hyphens, such as eu or us-west.");
            }

            if (connectors.Okta is { } okta)
            {
                CheckUrl($"{path}:okta", okta.BaseUrl, "https://acme.okta.com");
                Require($"{path}:okta:Token", okta.Token is { IsBlank: false }, "an API token");
            }

            if (connectors.ServiceNow is { } serviceNow)
            {
                CheckUrl($"{path}:servicenow", serviceNow.BaseUrl, "https://acme.service-now.com");
                var user = !string.IsNullOrWhiteSpace(serviceNow.User);
                var client = !string.IsNullOrWhiteSpace(serviceNow.ClientId);
                Require($"{path}:servicenow:User and Password, or ClientId and ClientSecret", user || client, "credentials");
                Require($"{path}:servicenow:Password", user == serviceNow.Password is { IsBlank: false }, "the password of User (and User with it)");
                Require($"{path}:servicenow:ClientSecret", client == serviceNow.ClientSecret is { IsBlank: false }, "the secret of ClientId (and ClientId with it)");
            }

            if (connectors.Jira is { } jira)
            {
                CheckUrl($"{path}:jira", jira.BaseUrl, "https://acme.atlassian.net");
                Require($"{path}:jira:User", !string.IsNullOrWhiteSpace(jira.User) && !jira.User.Contains(':', StringComparison.Ordinal), "the account's mail address");
                Require($"{path}:jira:Token", jira.Token is { IsBlank: false }, "its API token");
            }

            if (connectors.Salesforce is { } salesforce)
            {
                CheckUrl($"{path}:salesforce", salesforce.BaseUrl, "https://acme.my.salesforce.com");
                Require($"{path}:salesforce:ClientId", !string.IsNullOrWhiteSpace(salesforce.ClientId), "the consumer key of the connected app");
                Require($"{path}:salesforce:ClientSecret", salesforce.ClientSecret is { IsBlank: false }, "the consumer secret of the connected app");
                Require($"{path}:salesforce:ApiVersion", System.Text.RegularExpressions.Regex.IsMatch(salesforce.ApiVersion, @"\Av[0-9]{1,3}\.0\z"), "a version such as v62.0");
                Require($"{path}:salesforce:ExternalIdField", System.Text.RegularExpressions.Regex.IsMatch(salesforce.ExternalIdField, @"\A[A-Za-z][A-Za-z0-9_]{0,79}\z"), "a field name such as Steward_Id__c");
            }
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void CheckUrl(string path, Uri? url, string example)
        {
            if (url is not { IsAbsoluteUri: true } || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) ||
                url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
            {
                problems.Add($"{path}:BaseUrl must be an https address without query and user part, such as {example} (http only on loopback).");
            }
        }

        void Require(string path, bool isThere, string what)
        {
            if (!isThere)
            {
                problems.Add($"Set {path}: {what}.");
            }
        }
    }
}
