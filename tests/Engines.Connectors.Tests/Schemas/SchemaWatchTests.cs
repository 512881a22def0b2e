using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Tests.Limits;

namespace Steward.Engines.Connectors.Tests.Schemas;

public class SchemaWatchTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Wants_LearntOperation_OnlyAFew()
    {
        var watch = Watch();
        Assert.True(watch.Wants("things.get"));
        See(watch, SchemaWatch.First, Good);

        Assert.InRange(Enumerable.Range(0, 5_000).Count(_ => watch.Wants("things.get")), 50, 200);
        Assert.False(watch.Wants("nothing"));
        Assert.True(watch.Wants("things.code"));
    }

    [Fact]
    public void Wants_SomethingDiffers_All()
    {
        var watch = Watch();
        See(watch, SchemaWatch.First, Good);
        See(watch, 1, """{"id":5,"state":"open"}""");

        Assert.All(Enumerable.Range(0, 20), _ => Assert.True(watch.Wants("things.get")));
    }

    [Fact]
    public void Wants_FewCalls_AfterAWhile()
    {
        var watch = Watch();
        See(watch, SchemaWatch.First, Good);
        _time.Advance(TimeSpan.FromMinutes(16));

        Assert.True(watch.Wants("things.get"));
    }

    [Theory]
    [InlineData("""{"id":"1"}""", "state", SchemaChangeKind.Removed, true)]
    [InlineData("""{"id":"1","state":{"name":"open"}}""", "state", SchemaChangeKind.TypeChanged, true)]
    [InlineData("""{"id":"1","state":null}""", "state", SchemaChangeKind.TypeWidened, true)]
    [InlineData("""{"id":"1","state":"open","colour":"red"}""", "colour", SchemaChangeKind.OptionalAdded, false)]
    public void Drift_OtherThanLearnt_IsNamedWithWhatItBreaks(string answer, string path, SchemaChangeKind kind, bool breaking)
    {
        var watch = Watch();
        See(watch, SchemaWatch.First, Good);
        Assert.Empty(watch.Drift);
        See(watch, ResponseSampler.Enough, answer);

        var drift = Assert.Single(watch.Drift);
        var change = Assert.Single(drift.Impact.Changes);
        Assert.Equal(("things.get", path, kind, breaking), (drift.OperationId, change.Path, change.Kind, change.IsBreaking));
        Assert.Equal(breaking ? ["status"] : [], drift.Impact.Fields);
        Assert.Equal(breaking ? ["phase"] : [], drift.Impact.Mappings.Select(mapping => mapping.To));
    }

    [Fact]
    public void Drift_SystemComesBack_IsGone()
    {
        var watch = Watch();
        See(watch, SchemaWatch.First, Good);
        See(watch, ResponseSampler.Enough, """{"id":"1"}""");
        Assert.Single(watch.Drift);
        See(watch, ResponseSampler.Enough, Good);

        Assert.Empty(watch.Drift);
    }

    [Fact]
    public void Drift_AnswersThatVaryAsLearnt_IsNone()
    {
        var watch = Watch();
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            See(watch, 1, random.Next(3) == 0 ? """{"id":"1","state":"open","owner":null}""" : random.Next(2) == 0 ? """{"id":"1","state":"open","owner":{"id":"7"},"tags":[]}""" : """{"id":"1","state":"open","owner":{"id":"7"},"tags":["a"]}""");
            Assert.Empty(watch.Drift);
        }
    }

    [Fact]
    public void Drift_PromisedByTheTemplate_NeedsNothingLearnt()
    {
        var watch = Watch(JsonElement.Parse("""{"type":"object","properties":{"id":{"type":"string"},"state":{"type":"string"}},"required":["id"]}"""));
        See(watch, ResponseSampler.Enough, """{"id":5,"state":"open","more":1}""");

        Assert.Equal(("id", SchemaChangeKind.TypeChanged), Assert.Single(watch.Drift).Impact.Changes.Select(change => (change.Path, change.Kind)).Single());
    }

    [Fact]
    public void Accept_Drift_IsTheNextVersionWhateverTheTemplateSays()
    {
        var watch = Watch(JsonElement.Parse("""{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"""));
        See(watch, SchemaWatch.First, Good);
        Assert.False(watch.Accept("things.get"));
        See(watch, ResponseSampler.Enough, """{"id":5,"state":"open"}""");

        Assert.True(watch.Accept("things.get"));
        See(watch, 2 * ResponseSampler.Enough, """{"id":5,"state":"open"}""");
        Assert.Empty(watch.Drift);
        Assert.Equal(["template", "samples", "samples"], Assert.Single(watch.State.Registry.Subjects).Versions.Select(version => version.Source));
        See(watch, ResponseSampler.Enough, Good);
        Assert.Equal(SchemaChangeKind.TypeChanged, Assert.Single(Assert.Single(watch.Drift).Impact.Changes).Kind);
    }

    [Fact]
    public void State_AsJson_GoesOnWhereItWas()
    {
        var watch = Watch();
        See(watch, SchemaWatch.First, Good);
        See(watch, ResponseSampler.Enough, """{"id":"1"}""");
        var since = watch.Drift[0].Since;
        var read = JsonSerializer.Deserialize<SchemaWatchState>(JsonSerializer.Serialize(watch.State, TemplateJson.Options), TemplateJson.Options)!;
        _time.Advance(TimeSpan.FromHours(1));

        var again = new SchemaWatch(Target(null), read, _time, new Random(1));
        See(again, ResponseSampler.Enough, """{"id":"1"}""");
        Assert.Equal(since, Assert.Single(again.Drift).Since);
        Assert.Empty(new SchemaWatch(Target(null, "other"), read, _time, new Random(1)).Drift);
    }

    [Fact]
    public void NextProbe_AgainAndAgain_GivesEachItsTurnAlsoAfterALoss()
    {
        var target = Target(null, operations: 3);
        var watch = new SchemaWatch(target, new SchemaWatchState(), _time, new Random(1));
        var first = watch.NextProbe();
        See(watch, SchemaWatch.First, Good);
        var read = JsonSerializer.Deserialize<SchemaWatchState>(JsonSerializer.Serialize(watch.State, TemplateJson.Options), TemplateJson.Options)!;
        var again = new SchemaWatch(target, read, _time, new Random(1));

        Assert.Equal("more.0 more.1 more.2 more.0", $"{first} {again.NextProbe()} {again.NextProbe()} {again.NextProbe()}");
        Assert.True(again.Wants("more.0"));
        Assert.Null(new SchemaWatch(target with { Instance = target.Instance with { OnBehalfOfUser = true } }, read, _time, new Random(1)).NextProbe());
    }

    [Fact]
    public void Observe_ManyWideOperations_StaysBounded()
    {
        var wide = "{" + string.Join(',', Enumerable.Range(0, 400).Select(i => $"\"{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}\":1")) + "}";
        var target = Target(null, operations: 500);
        var watch = new SchemaWatch(target, new SchemaWatchState(), _time, new Random(1));
        foreach (var operation in target.Template.Operations)
        {
            for (var i = 0; i < SchemaWatch.First; i++)
            {
                watch.Observe(operation.Id, ResponseSampler.Shape(JsonElement.Parse(wide)));
            }
        }

        Assert.InRange(watch.State.Operations.Sum(known => known.Learnt.Fields.Count), 1, SchemaWatch.MaxFields + ResponseSampler.MaxFields);
        Assert.InRange(JsonSerializer.Serialize(watch.State, TemplateJson.Options).Length, 1, 1_500_000);
    }

    private const string Good = """{"id":"1","state":"open"}""";

    private SchemaWatch Watch(JsonElement? schema = null) => new(Target(schema), new SchemaWatchState(), _time, new Random(1));

    private static void See(SchemaWatch watch, int times, string answer)
    {
        for (var i = 0; i < times; i++)
        {
            watch.Observe("things.get", ResponseSampler.Shape(JsonElement.Parse(answer)));
        }
    }

    private static ResolvedInstance Target(JsonElement? schema, string hash = "h1", int operations = 0)
    {
        var output = new OutputSpec { Fields = new Dictionary<string, string> { ["key"] = "id", ["status"] = "state" }, Schema = schema };
        var template = TestTemplate.Of() with
        {
            Operations =
            [
                new OperationTemplate { Id = "things.get", Summary = "Reads.", Effect = OperationEffect.Read, Output = output },
                new OperationTemplate { Id = "things.code", Summary = "Reads.", Effect = OperationEffect.Read, Code = true },
                .. Enumerable.Range(0, operations).Select(i => new OperationTemplate { Id = $"more.{i}", Summary = "Reads.", Effect = OperationEffect.Read }),
            ],
        };
        return new ResolvedInstance(new ConnectorInstance
        {
            TenantId = "t-acme",
            Name = "sut",
            Title = "Sut",
            TemplateId = template.Id,
            TemplateVersion = "1.0.0",
            TemplateHash = hash,
            AuthId = "none",
            Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>> { ["things.get"] = [new FieldMapping { Direction = MappingDirection.In, From = "status", To = "phase" }, new FieldMapping { Direction = MappingDirection.In, From = "key", To = "number" }] },
        }, template);
    }
}
