using System.Net;

namespace Steward.EnterpriseSim.Vault;

/// <summary>
/// A vault on loopback with the HTTP interface of HashiCorp Vault and OpenBao, as far as KV version 2 and AppRole go: paths, errors, leases, versions, namespaces,
/// sealing. State lives in memory and ends with this object.
/// </summary>
public sealed class VaultSimulator : IAsyncDisposable
{
    private readonly WebApplication app;

    private VaultSimulator(WebApplication app, VaultState state)
    {
        this.app = app;
        State = state;
    }

    /// <summary>The address.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What it holds and how it behaves.</summary>
    public VaultState State { get; }

    /// <summary>Starts it.</summary>
    /// <param name="options">Role, leases, mounts.</param>
    /// <param name="time">The clock of leases and versions.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<VaultSimulator> StartAsync(VaultSimOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var simulator = new VaultSimulator(app, new VaultState(options ?? new VaultSimOptions(), time ?? TimeProvider.System));
        app.Run(new VaultApi(simulator.State).HandleAsync);
        await app.StartAsync(cancellationToken);
        simulator.Url = new Uri(app.Urls.First());
        return simulator;
    }

    /// <summary>Stops it.</summary>
    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>How the vault is set up.</summary>
public sealed record VaultSimOptions
{
    /// <summary>The AppRole.</summary>
    public string RoleId { get; init; } = "6f1c2c1e-8f0d-4b57-9f4b-3d6cf2a7d001";

    /// <summary>Its secret id.</summary>
    public string SecretId { get; set; } = "0c4e1a52-5d86-4f5e-a6f5-7b9f2d1e5002";

    /// <summary>The namespace in which the role is; empty for the root.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The KV mounts in every namespace; a name that ends with <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> Mounts { get; init; } = ["secret"];

    /// <summary>Mounts that the role's policy does not allow.</summary>
    public IReadOnlyList<string> Denied { get; init; } = [];

    /// <summary>The lease of a token.</summary>
    public TimeSpan TokenTtl { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>The longest life of a token, with all renewals.</summary>
    public TimeSpan TokenMaxTtl { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Versions kept of a secret.</summary>
    public int MaxVersions { get; init; } = 10;

    /// <summary>Whether writes without check-and-set are refused.</summary>
    public bool CasRequired { get; init; }
}

/// <summary>One request to the vault; bodies are left out.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Namespace">The namespace header.</param>
/// <param name="Status">How it was answered; 0 when the connection was cut.</param>
public sealed record VaultCall(string Method, string Path, string Namespace, int Status);

/// <summary>A fault for requests to come.</summary>
/// <param name="Status">The status to answer with; 0 cuts the connection.</param>
/// <param name="Count">How many requests.</param>
/// <param name="AfterActing">Whether the request is carried out first.</param>
/// <param name="Method">Only requests with this method.</param>
/// <param name="RetryAfter">The header's value.</param>
public sealed record VaultFault(int Status, int Count = 1, bool AfterActing = false, string? Method = null, string? RetryAfter = null);
