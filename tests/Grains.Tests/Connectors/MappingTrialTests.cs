using System.Text.Json;
using Steward.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

public sealed class MappingTrialTests : IClassFixture<SystemCluster>
{
    private readonly SystemCluster _cluster;

    public MappingTrialTests(SystemCluster cluster)
    {
        _cluster = cluster;

        // Holds for this flow only.
        cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
    }

    private const string Fields = "    input: { type: object, properties: { emailAddress: { type: string }, priority: { type: integer } } }\n    query: { mail: '{emailAddress}', priority: '{priority}' }\n    output: { fields: { number: key, status: status.name, assignedTo: owner } }\n";

    [Fact]
    public async Task TestMappings_Samples_ShowsBeforeAfterAndErrors()
    {
        var connector = await _cluster.CreateAsync("tried", Fields);
        var trials = await connector.TestMappings(new TestMappings
        {
            Operation = "tickets.get",
            Direction = "in",
            MappingsJson = """[{"direction":"in","from":"status","to":"phase","function":"upper"},{"direction":"in","from":"number","to":"count","function":"number"}]""",
            SamplesJson = ["""{"status":"open","number":"12"}""", """{"status":"open","number":"T-1"}"""],
        });

        Assert.Equal(("OPEN", 12), (After(trials[0]).GetProperty("phase").GetString(), After(trials[0]).GetProperty("count").GetInt32()));
        Assert.Empty(trials[0].Errors);
        Assert.Equal((1, "number"), (Assert.Single(trials[1].Errors).Index, trials[1].Errors[0].Path));
        Assert.Null((await connector.GetInfo())!.MappingsJson);
    }

    [Theory]
    [InlineData("nothing", "in", "[]", "operation")]
    [InlineData("tickets.get", "back", "[]", "direction")]
    [InlineData("tickets.get", "in", "{}", "mappings")]
    [InlineData("tickets.get", "in", """[{"direction":"in","from":"colour","to":"x"}]""", "mappings.0.from")]
    public async Task TestMappings_Wrong_NamesTheField(string operation, string direction, string mappings, string field)
    {
        var connector = await _cluster.CreateAsync("wrong-" + Guid.NewGuid().ToString("n")[..8], Fields);
        var error = await Assert.ThrowsAsync<StewardException>(() => connector.TestMappings(new TestMappings { Operation = operation, Direction = direction, MappingsJson = mappings, SamplesJson = ["{}"] }));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }

    [Fact]
    public async Task SuggestMappings_OwnFields_AreScoredAndNotApplied()
    {
        var connector = await _cluster.CreateAsync("suggested", Fields);
        var wanted = new SuggestMappings { Operation = "tickets.get", Direction = "in", SampleJson = """{"state":"open","assignee":"ada"}""" };
        var arriving = (await connector.SuggestedAsync(wanted)).Suggestions;
        var leaving = (await connector.SuggestedAsync(wanted with { Direction = "out", SampleJson = null, Fields = ["email", "colour"] })).Suggestions;

        Assert.Contains(arriving, suggestion => suggestion is { From: "assignedTo", To: "assignee", Score: > 0.45 and <= 1, Source: "names" });
        Assert.Contains(leaving, suggestion => suggestion is { From: "email", To: "emailAddress" });
        Assert.DoesNotContain(leaving, suggestion => suggestion.From == "colour");
        Assert.Null((await connector.GetInfo())!.MappingsJson);
    }

    [Fact]
    public async Task SuggestMappings_TemplateDoesNotTell_FieldsAreThoseThatWereLearnt()
    {
        var connector = await _cluster.CreateAsync("untold", "    method: GET\n");
        var wanted = new SuggestMappings { Operation = "tickets.get", Direction = "in", Fields = ["customer.email"] };
        Assert.Equal("operation", (await Assert.ThrowsAsync<StewardException>(() => connector.SuggestMappings(wanted))).Field);

        _cluster.System.Answer = """{"customer":{"emailAddress":"ada@acme.example"}}""";
        await connector.Verify();
        IReadOnlyList<SuggestedMapping> found = [];
        await Hosting.Conversing.UntilAsync(async () =>
        {
            try
            {
                found = (await connector.SuggestedAsync(wanted)).Suggestions;
                return true;
            }
            catch (StewardException)
            {
                // What a call taught comes a moment after it.
                return false;
            }
        });

        Assert.Equal(("customer.emailAddress", "customer.email"), found.Select(one => (one.From, one.To)).First());
    }

    private static JsonElement After(MappingTrial trial) => JsonElement.Parse(trial.AfterJson);
}
