using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Steward.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>What a silo knows of instances when some of them cannot be asked.</summary>
public sealed class InstanceDirectoryTests(ConnectorCluster cluster) : IClassFixture<ConnectorCluster>
{
    private const string Tenant = "t-directory";

    [Fact]
    public async Task ListAsync_OneInstanceCannotBeAsked_GivesTheOthersAndAsksAgain()
    {
        var grains = FakeGrains.Of(out var fake);
        fake.Entries = [new ConnectorEntry { Name = "bad", Revision = 1, Enabled = true }, new ConnectorEntry { Name = "good", Revision = 1, Enabled = true }];
        fake.Failing.Add("bad");
        var directory = Directory(grains);

        Assert.Equal(["good"], (await directory.ListAsync(Tenant, default)).Select(known => known.Instance.Name));

        fake.Failing.Clear();
        directory.Expire(Tenant);
        Assert.Equal(["bad", "good"], (await directory.ListAsync(Tenant, default)).Select(known => known.Instance.Name));
    }

    [Fact]
    public async Task Expire_WhileAListIsRead_TheNextCallAsksAgain()
    {
        var grains = FakeGrains.Of(out var fake);
        fake.Answering = new TaskCompletionSource();
        var directory = Directory(grains);
        var first = directory.ListAsync(Tenant, default).AsTask();

        // It was asked before there was anything.
        fake.Entries = [new ConnectorEntry { Name = "late", Revision = 1, Enabled = true }];
        directory.Expire(Tenant);
        fake.Answering.SetResult();

        Assert.Empty(await first);
        Assert.Equal(["late"], (await directory.ListAsync(Tenant, default)).Select(known => known.Instance.Name));
    }

    [Fact]
    public async Task RenewAsync_OwnerCannotBeReached_LeavesWhatTheSystemAnswered()
    {
        var grains = FakeGrains.Of(out var fake);
        fake.Failing.Add("lost");

        Assert.Null(await Directory(grains).GateOf(Tenant, "lost").RenewAsync(null, 1, default));
    }

    private InstanceDirectory Directory(IGrainFactory grains) => ActivatorUtilities.CreateInstance<InstanceDirectory>(
        cluster.Silo, grains, NullLogger<InstanceDirectory>.Instance);

    /// <summary>The grains that a directory asks.</summary>
    public class FakeGrains : DispatchProxy
    {
        private readonly Dictionary<string, object> _connectors = [];

        internal IReadOnlyList<ConnectorEntry> Entries { get; set; } = [];

        /// <summary>Set while the list is on its way: what it holds was read before.</summary>
        internal TaskCompletionSource? Answering { get; set; }

        internal HashSet<string> Failing { get; } = [];

        internal static IGrainFactory Of(out FakeGrains fake)
        {
            var grains = Create<IGrainFactory, FakeGrains>();
            fake = (FakeGrains)(object)grains;
            return grains;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var key = (string)args![0]!;
            if (targetMethod!.GetGenericArguments()[0] == typeof(IConnectorIndexGrain))
            {
                return FakeGrain.Of<IConnectorIndexGrain>((_, _) => ListAsync(Entries));
            }

            var name = GrainKeys.LastPart(key)[2..];
            return _connectors.GetValueOrDefault(key) ?? (_connectors[key] = FakeGrain.Of<IConnectorGrain>((_, _) => Failing.Contains(name)
                ? throw new InvalidOperationException("Its silo is lost.")
                : Task.FromResult<ConnectorDefinition?>(Definition(name))));
        }

        private async Task<IReadOnlyList<ConnectorEntry>> ListAsync(IReadOnlyList<ConnectorEntry> read)
        {
            await (Answering?.Task ?? Task.CompletedTask);
            return read;
        }

        private static ConnectorDefinition Definition(string name) => new()
        {
            InstanceJson = JsonSerializer.Serialize(
                new ConnectorInstance { TenantId = Tenant, Name = name, Title = name, TemplateId = "desk", TemplateVersion = "1.0.0", TemplateHash = "0", AuthId = "key", Revision = 1 }, TemplateJson.Options),
            TemplateHash = "0",
            TemplateText = ConnectorCluster.Template,
        };
    }
}
