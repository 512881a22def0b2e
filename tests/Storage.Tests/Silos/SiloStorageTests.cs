using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;
using Steward.LocalPostgreSql;

namespace Steward.Storage.Tests.Silos;

/// <summary>Silos that keep their states and reminders in Steward's database and come back after they were stopped.</summary>
public abstract class SiloStorageTests
{
    private readonly string _service = Guid.NewGuid().ToString("n");
    private readonly string _key = $"t-{Guid.NewGuid():n}";

    [Fact]
    public async Task State_AfterARestart_IsThere()
    {
        await using (var first = await DeployAsync())
        {
            var grain = first.Client.GetGrain<ITally>(_key);
            Assert.Equal(1, await grain.Add("a"));
            Assert.Equal(2, await grain.Add("b"));
        }

        await using var second = await DeployAsync();
        Assert.Equal(3, await second.Client.GetGrain<ITally>(_key).Add("c"));
        Assert.Equal(["a", "b", "c"], await second.Client.GetGrain<ITally>(_key).List());
    }

    [Fact]
    public async Task State_ClearedAndWrittenAgain_IsTheNewOne()
    {
        await using (var first = await DeployAsync())
        {
            var grain = first.Client.GetGrain<ITally>(_key);
            await grain.Add("a");
            await grain.Clear();
            Assert.Empty(await grain.List());
            Assert.Equal(1, await grain.Add("b"));
        }

        await using var second = await DeployAsync();
        Assert.Equal(["b"], await second.Client.GetGrain<ITally>(_key).List());
    }

    [Fact]
    public async Task State_OfKeysThatDifferInCase_AreApart()
    {
        await using var cluster = await DeployAsync();
        await cluster.Client.GetGrain<ITally>(_key).Add("lower");
        await cluster.Client.GetGrain<ITally>(_key.ToUpperInvariant()).Add("upper");

        Assert.Equal(["lower"], await cluster.Client.GetGrain<ITally>(_key).List());
    }

    [Fact]
    public async Task Reminder_AfterARestart_IsThereUntilRemoved()
    {
        await using (var first = await DeployAsync())
        {
            await first.Client.GetGrain<ITally>(_key).Remind("watchdog");
            Assert.True(await first.Client.GetGrain<ITally>(_key).IsReminded("watchdog"));
        }

        await using var second = await DeployAsync();
        Assert.True(await second.Client.GetGrain<ITally>(_key).IsReminded("watchdog"));
        await second.Client.GetGrain<ITally>(_key).Forget("watchdog");
        Assert.False(await second.Client.GetGrain<ITally>(_key).IsReminded("watchdog"));
    }

    [Fact]
    public async Task Storage_OfTheDefaultName_ServesStatesThatNameNone()
    {
        await using var cluster = await DeployAsync();
        var services = cluster.Silos[0].ServiceProvider;

        Assert.Same(services.GetRequiredKeyedService<IGrainStorage>("Default"), services.GetRequiredService<IGrainStorage>());
        Assert.NotNull(services.GetRequiredKeyedService<IGrainStorage>("Other"));
    }

    protected abstract Task<Action<StewardStorageOptions>> ConfigureAsync();

    private async Task<InProcessTestCluster> DeployAsync()
    {
        var configure = await ConfigureAsync();
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ServiceId = _service;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddStewardStorage(configure);
            silo.Services.AddHostedService<Migration>();
            silo.AddStewardGrainStorage("Default");
            silo.AddStewardGrainStorage("Other");
            silo.UseStewardReminders();
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    private sealed class Migration(StorageMigrator migrator) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => migrator.MigrateAsync(cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

[Alias("Steward.Storage.Tests.ITally")]
public interface ITally : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> Add(string item);

    [Alias("List")]
    Task<List<string>> List();

    [Alias("Clear")]
    Task Clear();

    [Alias("Remind")]
    Task Remind(string name);

    [Alias("IsReminded")]
    Task<bool> IsReminded(string name);

    [Alias("Forget")]
    Task Forget(string name);
}

[GenerateSerializer]
[Alias("Steward.Storage.Tests.TallyState")]
public sealed class TallyState
{
    [Id(0)]
    public List<string> Items { get; set; } = [];
}

public sealed class TallyGrain([PersistentState("tally")] IPersistentState<TallyState> state) : Grain, ITally, IRemindable
{
    public async Task<int> Add(string item)
    {
        state.State.Items.Add(item);
        await state.WriteStateAsync();
        return state.State.Items.Count;
    }

    public Task<List<string>> List() => Task.FromResult(state.State.Items);

    public Task Clear() => state.ClearStateAsync();

    public Task Remind(string name) => this.RegisterOrUpdateReminder(name, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

    public async Task<bool> IsReminded(string name) => await this.GetReminder(name) is not null;

    public async Task Forget(string name)
    {
        if (await this.GetReminder(name) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}

public sealed class SqliteSiloStorageTests : SiloStorageTests, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override Task<Action<StewardStorageOptions>> ConfigureAsync() =>
        Task.FromResult<Action<StewardStorageOptions>>(options => options.SqliteFile = _directory.File("steward.db"));
}

public sealed class PostgreSqlSiloStorageTests : SiloStorageTests, IAsyncLifetime
{
    private string _connectionString = "";

    public async Task InitializeAsync() => _connectionString = await (await PostgreSqlServer.SharedAsync()).CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected override Task<Action<StewardStorageOptions>> ConfigureAsync() => Task.FromResult<Action<StewardStorageOptions>>(options =>
    {
        options.Provider = StorageProvider.PostgreSql;
        options.ConnectionString = _connectionString;
    });
}
