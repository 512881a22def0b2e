using Steward.EnterpriseSim;

namespace Steward.EndToEnd.Tests;

/// <summary>One Steward with simulated systems, shared by the tests that do not kill it.</summary>
public sealed class LocalSteward : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private StewardProcess? _steward;
    private EnterpriseSimulation? _simulation;

    internal StewardProcess Steward => _steward!;

    internal EnterpriseSimulation Simulation => _simulation!;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation);
    }

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }
}
