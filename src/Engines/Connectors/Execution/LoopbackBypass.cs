using System.Net;

namespace Steward.Engines.Connectors.Execution;

/// <summary>The machine's proxy, except for systems on the machine itself, which a proxy elsewhere could not reach.</summary>
internal sealed class LoopbackBypass(IWebProxy machine) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => machine.Credentials;
        set => machine.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : machine.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || machine.IsBypassed(host);
}
