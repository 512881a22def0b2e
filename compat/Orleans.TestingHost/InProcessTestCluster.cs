using System.Collections.ObjectModel;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>A cluster in this process. On the stand-in it has one silo.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly List<InProcessSiloHandle> _silos = [];
    private IHost? _clientHost;

    internal InProcessTestCluster(InProcessTestClusterOptions options) => Options = options;

    /// <summary>What it is like.</summary>
    public InProcessTestClusterOptions Options { get; }

    /// <summary>The silos that run.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos => new([.. _silos]);

    /// <summary>The client, in a container of its own.</summary>
    public IClusterClient Client => _clientHost?.Services.GetRequiredService<IClusterClient>()
        ?? throw new InvalidOperationException("The test cluster client is unavailable because the cluster has not been deployed or has been stopped.");

    /// <summary>Starts the silos and the client.</summary>
    public async Task DeployAsync()
    {
        if (_silos.Count > 0)
        {
            throw new InvalidOperationException("Cluster host already deployed.");
        }

        for (var i = 0; i < Options.InitialSilosCount; i++)
        {
            await StartAdditionalSiloAsync();
        }

        if (Options.InitializeClientOnDeploy)
        {
            await InitializeClientAsync();
        }
    }

    /// <summary>Starts the client.</summary>
    public async Task InitializeClientAsync()
    {
        await KillClientAsync();
        var builder = NewHost("TestClusterClient");
        foreach (var configure in Options.ClientHostConfigurationDelegates)
        {
            configure(builder);
        }

        builder.UseOrleansClient(client =>
        {
            client.Services.AddSingleton<StandIn.ClusteringChosen>();
            client.Configure<ClusterOptions>(Identify);
        });
        var host = builder.Build();
        await host.StartAsync();
        _clientHost = host;
    }

    /// <summary>Starts one more silo.</summary>
    public async Task<InProcessSiloHandle> StartAdditionalSiloAsync()
    {
        if (_silos.Count > 0)
        {
            throw StandIn.ClusteringRefused("A cluster of more than one silo");
        }

        var specific = new InProcessTestSiloSpecificOptions { SiloName = "Silo_0", SiloPort = EndpointOptions.DEFAULT_SILO_PORT, GatewayPort = EndpointOptions.DEFAULT_GATEWAY_PORT };
        var builder = NewHost(specific.SiloName);
        foreach (var configure in Options.SiloHostConfigurationDelegates)
        {
            configure(specific, builder);
        }

        builder.UseOrleans(silo =>
        {
            silo.Services.AddSingleton<StandIn.ClusteringChosen>();
            silo.Configure<ClusterOptions>(Identify);
            silo.Configure<SiloOptions>(options => options.SiloName = specific.SiloName);
            silo.Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = IPAddress.Loopback;
                options.SiloPort = specific.SiloPort;
                options.GatewayPort = specific.GatewayPort;
            });
            silo.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));
        });
        var host = builder.Build();
        await host.StartAsync();
        var details = host.Services.GetRequiredService<ILocalSiloDetails>();
        var handle = new InProcessSiloHandle(host) { Name = details.Name, SiloAddress = details.SiloAddress, GatewayAddress = details.GatewayAddress };
        _silos.Add(handle);
        return handle;
    }

    /// <summary>The container of a silo.</summary>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) => silo is null
        ? _silos[0].ServiceProvider
        : _silos.Find(s => s.SiloAddress.Equals(silo))?.ServiceProvider ?? throw new ArgumentException($"The provided silo address '{silo}' is unknown.", nameof(silo));

    /// <summary>The activation of a grain if there is one.</summary>
    public bool TryGetGrainContext(GrainId grainId, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IGrainContext? grainContext)
    {
        grainContext = _silos.Select(s => s.ServiceProvider.GetRequiredService<Silo>().FindActivation(grainId)).FirstOrDefault(a => a is not null);
        return grainContext is not null;
    }

    /// <summary>Waits until the activation of a grain has ended.</summary>
    public Task WaitForDeactivationAsync(GrainId grainId) => TryGetGrainContext(grainId, out var context) ? context.Deactivated : Task.CompletedTask;

    /// <inheritdoc cref="WaitForDeactivationAsync(GrainId)"/>
    public Task WaitForDeactivationAsync(IAddressable grain) => WaitForDeactivationAsync(grain.GetGrainId());

    /// <summary>Ends the activation of a grain.</summary>
    public async Task DeactivateAsync(GrainId grainId)
    {
        if (TryGetGrainContext(grainId, out var context))
        {
            context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateAsync)} was called."));
            await context.Deactivated;
        }
    }

    /// <inheritdoc cref="DeactivateAsync(GrainId)"/>
    public Task DeactivateAsync(IAddressable grain) => DeactivateAsync(grain.GetGrainId());

    /// <summary>Stops a silo and starts it anew.</summary>
    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        if (instance is null)
        {
            return null;
        }

        await StopSiloAsync(instance);
        var started = await StartAdditionalSiloAsync();
        if (_clientHost is not null)
        {
            await InitializeClientAsync();
        }

        return started;
    }

    /// <summary>Stops a silo.</summary>
    public async Task StopSiloAsync(InProcessSiloHandle instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _silos.Remove(instance);
        await instance.StopSiloAsync(stopGracefully: true);
        await instance.DisposeAsync();
    }

    /// <summary>Stops the client and all silos.</summary>
    public async Task StopAllSilosAsync()
    {
        await StopClusterClientAsync();
        foreach (var silo in _silos.ToArray())
        {
            await StopSiloAsync(silo);
        }
    }

    /// <summary>Stops the client.</summary>
    public async Task StopClusterClientAsync()
    {
        if (_clientHost is { } host)
        {
            await host.StopAsync();
        }
    }

    /// <summary>Ends the client.</summary>
    public async Task KillClientAsync()
    {
        if (_clientHost is { } host)
        {
            _clientHost = null;
            await host.StopAsync();
            await DisposeAsync(host);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillClientAsync();
        foreach (var silo in _silos.ToArray())
        {
            await StopSiloAsync(silo);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientHost?.Dispose();
        _clientHost = null;
        foreach (var silo in _silos)
        {
            silo.Dispose();
        }

        _silos.Clear();
    }

    private static HostApplicationBuilder NewHost(string name) => Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        ApplicationName = name,
        EnvironmentName = Environments.Development,
        DisableDefaults = true,
    });

    private static ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        host.Dispose();
        return default;
    }

    private void Identify(ClusterOptions options)
    {
        options.ClusterId = Options.ClusterId;
        options.ServiceId = Options.ServiceId;
    }
}

/// <summary>One silo.</summary>
public abstract class SiloHandle : IDisposable, IAsyncDisposable
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = default!;

    /// <summary>Where other silos reach it.</summary>
    public SiloAddress SiloAddress { get; set; } = default!;

    /// <summary>Where clients reach it.</summary>
    public SiloAddress GatewayAddress { get; set; } = default!;

    /// <summary>Whether it runs.</summary>
    public abstract bool IsActive { get; }

    /// <summary>Stops it.</summary>
    public abstract Task StopSiloAsync(bool stopGracefully);

    /// <summary>Stops it, gracefully until cancelled.</summary>
    public abstract Task StopSiloAsync(CancellationToken ct);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => SiloAddress.ToString();

    /// <summary>Frees it.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>One silo in this process.</summary>
public class InProcessSiloHandle : SiloHandle
{
    private bool _isActive = true;

    internal InProcessSiloHandle(IHost host) => SiloHost = host;

    /// <summary>Its host.</summary>
    public IHost SiloHost { get; init; }

    /// <summary>Its container.</summary>
    public IServiceProvider ServiceProvider => SiloHost.Services;

    /// <inheritdoc/>
    public override bool IsActive => _isActive;

    /// <inheritdoc/>
    public override Task StopSiloAsync(bool stopGracefully) => StopSiloAsync(stopGracefully ? CancellationToken.None : new CancellationToken(canceled: true));

    /// <inheritdoc/>
    public override async Task StopSiloAsync(CancellationToken ct)
    {
        if (_isActive)
        {
            _isActive = false;
            await SiloHost.StopAsync(ct);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (SiloHost is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            SiloHost.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            SiloHost.Dispose();
        }

        base.Dispose(disposing);
    }
}
