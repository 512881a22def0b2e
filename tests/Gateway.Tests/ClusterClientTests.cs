using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Steward.Gateway.Tests;

public class ClusterClientTests
{
#if ORLEANS_STANDIN
    [Fact]
    public void TryAddClusterClient_StandIn_RefusesAndSaysWhatToDo()
    {
        var added = WebApplication.CreateSlimBuilder().TryAddClusterClient(out var problem);

        Assert.False(added);
        Assert.Contains("./steward up", problem, StringComparison.Ordinal);
        Assert.Contains("docs/feeds.md", problem, StringComparison.Ordinal);
    }
#else
    [Theory]
    [InlineData("PostgreSql", null, "Steward:Cluster:ConnectionString")]
    [InlineData("PostgreSql", "", "Steward:Cluster:ConnectionString")]
    [InlineData("Consul", null, "Steward:Cluster:Clustering must be Localhost or PostgreSql")]
    public void TryAddClusterClient_IncompleteSettings_NamesTheSetting(string clustering, string? connectionString, string expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Cluster:Clustering"] = clustering,
            ["Steward:Cluster:ConnectionString"] = connectionString,
        });

        Assert.False(builder.TryAddClusterClient(out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("localhost", null)]
    [InlineData("postgresql", "Host=127.0.0.1;Database=steward")]
    public void TryAddClusterClient_CompleteSettings_AddsTheClient(string? clustering, string? connectionString)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Cluster:Clustering"] = clustering,
            ["Steward:Cluster:ConnectionString"] = connectionString,
        });

        Assert.True(builder.TryAddClusterClient(out _));
        Assert.Contains(builder.Services, service => service.ServiceType == typeof(Orleans.IClusterClient));
    }
#endif
}
