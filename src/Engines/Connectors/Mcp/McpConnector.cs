using System.Net.Http;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// Opens sessions. The protocol's own library is given no logger: it writes what servers say. It gets no handler for what servers may ask of clients (sampling, elicitation, roots), so none
/// of that is offered.
/// </summary>
internal sealed class McpConnector(
    IHttpMessageHandlerFactory handlers, IEnumerable<ICredentialApplier> appliers, IOptionsMonitor<ConnectorsOptions> connectors, IOptions<McpOptions> options, TimeProvider time)
{
    private readonly ICredentialApplier[] _appliers = [.. appliers];

    private static Implementation Self { get; } = new()
    {
        Name = "steward",
        Version = typeof(McpConnector).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0",
    };

    /// <summary>Opens a session.</summary>
    /// <exception cref="OutcomeException">The instance cannot be reached as it is configured.</exception>
    public Task<McpConnection> OpenAsync(ResolvedInstance target, Credential? credential, CancellationToken cancellationToken) => target.Template.Mcp switch
    {
        { Transport: McpTransport.Http } => OpenHttpAsync(target, credential, cancellationToken),
        { } mcp => OpenProgramAsync(target, mcp, credential, cancellationToken),
        null => throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The template of '{target.Instance.Name}' names no server."),
    };

    private async Task<McpConnection> OpenHttpAsync(ResolvedInstance target, Credential? credential, CancellationToken cancellationToken)
    {
        var allowPrivate = connectors.CurrentValue.MayReachPrivateAddresses(target.Instance.TenantId);
        var address = credential?.BaseUrl ?? InstanceAddress.Find(target);
        if (address is null || (address.Scheme != Uri.UriSchemeHttps && !allowPrivate))
        {
            throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The address of '{target.Instance.Name}' is missing, or does not begin with https://.");
        }

        var auth = target.Template.Auth.FirstOrDefault(way => way.Id == target.Instance.AuthId)
            ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{target.Instance.Name}' signs in by '{target.Instance.AuthId}', which its template does not know.");
        var signsIn = auth.Kind != AuthKind.None || auth.Apply.Count > 0;
        if (signsIn && credential is null)
        {
            throw OutcomeException.Failed(FailureCodes.Unauthenticated, $"The connector '{target.Instance.Name}' has no credential. Somebody has to sign in.");
        }

        var applier = signsIn
            ? Array.Find(_appliers, applier => applier.CanApply(auth.Kind) && auth.Kind != AuthKind.Mtls)
                ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{target.Instance.Name}' signs in by {auth.Kind}, which is not supported for servers of the Model Context Protocol.")
            : null;
        var handler = new McpConnectionHandler(
            handlers.CreateHandler(allowPrivate ? InstanceConnections.PrivateClient : InstanceConnections.PublicClient),
            applier,
            signsIn ? new CredentialUse(target, auth, credential!) : null);
#pragma warning disable RS0030 // The handler is the factory's; what lies around it belongs to the session.
        var http = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore RS0030
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = address,
                Name = target.Instance.Name,
                TransportMode = HttpTransportMode.StreamableHttp,
                ConnectionTimeout = options.Value.ConnectTimeout,
            },
            http,
            NullLoggerFactory.Instance,
            ownsHttpClient: false);
        try
        {
            return new McpConnection(await ConnectAsync(transport, cancellationToken).ConfigureAwait(false), transport, http, handler, time, options.Value.ListAgainAfter);
        }
        catch
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            http.Dispose();
            throw;
        }
    }

    private async Task<McpConnection> OpenProgramAsync(ResolvedInstance target, McpSpec mcp, Credential? credential, CancellationToken cancellationToken)
    {
        if (!options.Value.Allows(mcp.Command))
        {
            throw OutcomeException.Failed(
                FailureCodes.NotConfigured,
                $"The program of '{target.Instance.Name}' may not be started here. Whoever runs Steward can allow its command line under {McpOptions.Section}:AllowedCommands.");
        }

        var transport = new StdioClientTransport(
            new StdioClientTransportOptions
            {
                Command = mcp.Command[0],
                Arguments = [.. mcp.Command.Skip(1)],
                Name = target.Instance.Name,
                // Only what programs need to run at all, and the instance's own secrets: never this process's.
                InheritEnvironmentVariables = false,
                EnvironmentVariables = EnvironmentOf(target, credential),
                ShutdownTimeout = TimeSpan.FromSeconds(3),
                StandardErrorLines = static _ => { },
            },
            NullLoggerFactory.Instance);
        return new McpConnection(await ConnectAsync(transport, cancellationToken).ConfigureAwait(false), null, null, null, time, options.Value.ListAgainAfter);
    }

    private Dictionary<string, string?> EnvironmentOf(ResolvedInstance target, Credential? credential)
    {
        var environment = StdioClientTransportOptions.GetDefaultEnvironmentVariables().ToDictionary(variable => variable.Key, variable => (string?)variable.Value, StringComparer.Ordinal);
        foreach (var (name, value) in credential?.Values ?? new Dictionary<string, Security.SecretText>())
        {
            if (!options.Value.AllowedVariables.Contains(name, StringComparer.Ordinal))
            {
                throw OutcomeException.Failed(
                    FailureCodes.NotConfigured,
                    $"The program of '{target.Instance.Name}' may not be given the variable '{name}'. Whoever runs Steward can allow it under {McpOptions.Section}:AllowedVariables.");
            }

            environment[name] = value.Reveal();
        }

        return environment;
    }

    private async Task<McpClient> ConnectAsync(IClientTransport transport, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await McpClient.CreateAsync(
            transport,
            new McpClientOptions { ClientInfo = Self, InitializationTimeout = options.Value.ConnectTimeout },
            NullLoggerFactory.Instance,
            both.Token).ConfigureAwait(false);
    }
}
