using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Sandboxing.GVisor;
using Steward.Engines.Sandboxing.Namespaces;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Runs sandboxes under different rights, and things on the host that an attack would like to reach.</summary>
public abstract class Sandboxes(SupervisedSandbox provider) : IAsyncLifetime
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Socket _abstract = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SupervisedSandbox Provider => provider;

    public SandboxPool Pool { get; private set; } = null!;

    public string Secret { get; } = Path.Combine(Path.GetTempPath(), $"steward-secret-{Guid.NewGuid():n}");

    public string Abstract { get; } = $"steward-{Guid.NewGuid():n}";

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether a uid other than this process's can be taken: the tests of an ordinary user run as one already when they are not started as root.</summary>
    internal static NamespaceSandbox Create(bool cgroups, bool ordinary, Action<SandboxOptions>? configure = null) =>
        new(Options.Create(With(cgroups, ordinary, configure)), TimeProvider.System, NullLogger<NamespaceSandbox>.Instance);

    internal static GVisorSandbox CreateGVisor(bool cgroups, bool ordinary, Action<SandboxOptions>? configure = null) =>
        new(Options.Create(With(cgroups, ordinary, configure)), TimeProvider.System, NullLogger<GVisorSandbox>.Instance);

    private static SandboxOptions With(bool cgroups, bool ordinary, Action<SandboxOptions>? configure)
    {
        var options = new SandboxOptions { UseCgroups = cgroups, MinimumWarm = 2 };
        if (ordinary && Environment.IsPrivilegedProcess)
        {
            options.Launcher = ["/usr/bin/setpriv", "--reuid=20002", "--regid=20002", "--clear-groups", "--"];
        }

        configure?.Invoke(options);
        return options;
    }

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Secret, "a secret of the host");
        Environment.SetEnvironmentVariable("STEWARD_TEST_SECRET", "a secret of the host");
        _listener.Start();
        _abstract.Bind(new UnixDomainSocketEndPoint("\0" + Abstract));
        _abstract.Listen();
        if (Needs.Missing is null)
        {
            await Provider.StartAsync(CancellationToken.None);
        }

        Pool = new SandboxPool([Provider], Provider as ICodeValidator ?? new NoValidator(), Options.Create(new SandboxOptions()), TimeProvider.System, NullLogger<SandboxPool>.Instance);
    }

    public async Task DisposeAsync()
    {
        await Pool.DisposeAsync();
        await Provider.DisposeAsync();
        _listener.Dispose();
        _abstract.Dispose();
        File.Delete(Secret);
    }

    internal Task<SandboxOutcome> RunAsync(string code, SandboxProfile profile = SandboxProfile.Python, bool validate = false, ISandboxDataBroker? data = null, CancellationToken cancellationToken = default) =>
        Pool.ExecuteAsync(Job(code, profile, validate), NoOutputSink.Instance, data ?? NoData.Instance, cancellationToken);

    internal static SandboxJob Job(string code, SandboxProfile profile = SandboxProfile.Python, bool validate = false) =>
        new() { ExecutionId = $"x-{Guid.NewGuid():n}", Tenant = "t-acme", Profile = profile, Code = code, Validate = validate };
}

/// <summary>A validator that allows everything, for providers that have none of their own.</summary>
internal sealed class NoValidator : ICodeValidator
{
    public Task<CodeVerdict> ValidateAsync(SandboxProfile profile, string code, CancellationToken cancellationToken) => Task.FromResult(CodeVerdict.Clean);
}

public sealed class RootSandboxes() : Sandboxes(Create(cgroups: true, ordinary: false))
{
    public ICodeValidator Validator => (ICodeValidator)Provider;
}

public sealed class RootSandboxesWithoutCgroups() : Sandboxes(Create(cgroups: false, ordinary: false));

public sealed class OrdinarySandboxes() : Sandboxes(Create(cgroups: true, ordinary: true));

public sealed class GVisorSandboxes() : Sandboxes(CreateGVisor(cgroups: true, ordinary: false, options => (options.GVisor.Warm, options.GVisor.Preload) = (2, false)));

public sealed class OrdinaryGVisorSandboxes() : Sandboxes(CreateGVisor(cgroups: true, ordinary: true, options => (options.GVisor.Warm, options.GVisor.Preload) = (2, false)));
