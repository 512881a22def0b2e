namespace Steward.Engines.Sandboxing.Remote;

/// <summary>Where the sandbox service is.</summary>
public sealed class RemoteSandboxOptions
{
    /// <summary>The address that the paths of the service are below; null, the default, leaves the provider off. HTTPS, or HTTP on loopback.</summary>
    public Uri? Address { get; set; }

    /// <summary>The secret that this silo and the service share, at least 32 characters: sent as the bearer token, and the key of the signature on every result.</summary>
    public string Key { get; set; } = "";

    /// <summary>How long the service may take beyond a job's wall time, for a sandbox to be made and the result to be sent. 20 s by default.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    internal bool IsValid => Address is null || (Key.Length >= 32 && (Address.Scheme == Uri.UriSchemeHttps || (Address.Scheme == Uri.UriSchemeHttp && Address.IsLoopback)));
}
