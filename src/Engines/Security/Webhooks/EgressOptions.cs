using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>How requests leave the network: those to tenants' systems, to token endpoints and to receivers of webhooks. Bound to <c>Steward:Egress</c>.</summary>
public sealed class EgressOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Egress";

    /// <summary>
    /// The proxy that connections to public addresses are made through with <c>CONNECT</c> (RFC 9110 9.3.6), for example <c>http://proxy.acme.example:3128</c>; user and password may stand in it. None by
    /// default. The variable <c>HTTPS_PROXY</c> is not looked at.
    /// </summary>
    public string? Proxy { get; set; }

    /// <summary>
    /// Whether the proxy is given the host's name instead of the address that was checked, for proxies that decide by name, and for networks in which only the proxy knows names of the
    /// outside. The proxy itself must then refuse addresses inside of the network: a name may mean another address there. False by default.
    /// </summary>
    public bool ByName { get; set; }
}

/// <summary>Says what is wrong with the options and how to mend it.</summary>
internal sealed class EgressOptionsValidator : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options) =>
        options.Proxy is null or "" || (Uri.TryCreate(options.Proxy, UriKind.Absolute, out var proxy) && proxy.Scheme == Uri.UriSchemeHttp && proxy.Host.Length > 0 && proxy.PathAndQuery is "/" && proxy.Fragment.Length == 0)
            ? ValidateOptionsResult.Success
            // Not with the value: a password may stand in it.
            : ValidateOptionsResult.Fail($"{EgressOptions.Section}:Proxy must be an address such as http://proxy.acme.example:3128.");
}
