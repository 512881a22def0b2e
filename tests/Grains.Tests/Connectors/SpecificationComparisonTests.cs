using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

public sealed class SpecificationComparisonTests : IClassFixture<SystemCluster>
{
    private const string Before = """
        openapi: 3.0.3
        info: { title: Tickets, version: "1" }
        paths:
          /ticket:
            get:
              parameters: [ { name: view, in: query, schema: { type: string } } ]
              responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Ticket" } } } } }
        components: { schemas: { Ticket: { type: object, properties: { key: { type: string }, owner: { type: string } } } } }
        """;

    private readonly SystemCluster _cluster;

    public SpecificationComparisonTests(SystemCluster cluster)
    {
        _cluster = cluster;

        // Holds for this flow only.
        cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
    }

    private IConnectorCatalogGrain Catalog => _cluster.Grains.GetGrain<IConnectorCatalogGrain>("t-acme");

    [Fact]
    public async Task CompareSpecifications_OfAnInstance_NamesWhatBreaksInIt()
    {
        var connector = await _cluster.CreateAsync("compared", "    output: { fields: { number: key, assignedTo: owner } }\n");
        await connector.Update(new UpdateConnector { MappingsJson = """{"tickets.get":[{"direction":"in","from":"assignedTo","to":"person"},{"direction":"in","from":"number","to":"id"}]}""" });

        var comparison = await connector.CompareSpecifications(new CompareSpecifications { Before = Before, After = Before.Replace(", owner: { type: string }", "", StringComparison.Ordinal) });

        Assert.True(comparison.Breaking);
        var changed = Assert.Single(comparison.Changed);
        Assert.Equal(("GET /ticket", "owner", "removed"), (changed.Operation, Assert.Single(changed.Results).Path, changed.Results[0].Kind));
        var broken = Assert.Single(comparison.Breaks!);
        Assert.Equal(("tickets.get", "assignedTo", "person"), (broken.Operation, Assert.Single(broken.BrokenFields), Assert.Single(broken.BrokenMappings)));
        Assert.Empty(comparison.NotDescribed!);
    }

    [Fact]
    public async Task CompareSpecifications_WithoutInstance_SaysNothingOfAny()
    {
        var comparison = await Catalog.CompareSpecifications(new CompareSpecifications { Before = Before, After = Before.Replace("/ticket:", "/tickets:", StringComparison.Ordinal) });

        Assert.Equal((true, "GET /tickets", "GET /ticket", 1, 1, 0), (comparison.Breaking, Assert.Single(comparison.Added), Assert.Single(comparison.Removed), comparison.AddedCount, comparison.RemovedCount, comparison.ChangedCount));
        Assert.Null(comparison.Breaks);
        Assert.Null(comparison.NotDescribed);
    }

    [Theory]
    [InlineData("", "openapi: 3.0.0", "before")]
    [InlineData("openapi: 3.0.0", "[1]", "after")]
    [InlineData("openapi: 3.0.0", "{", "after")]
    public async Task CompareSpecifications_NoDocument_NamesIt(string before, string after, string field)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Catalog.CompareSpecifications(new CompareSpecifications { Before = before, After = after }));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }

    [Fact]
    public async Task CompareSpecifications_NoAdminOrNoInstance_IsRefused()
    {
        var command = new CompareSpecifications { Before = Before, After = Before };
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => _cluster.Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector("t-acme", "nowhere")).CompareSpecifications(command))).Code);
        _cluster.SignIn("t-acme", "u-plain");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Catalog.CompareSpecifications(command))).Code);
    }
}
