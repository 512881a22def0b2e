using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Schemas;

public class SchemaTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"properties":{"a":{}}}""", """{"properties":{"a":{},"b":{}}}""", SchemaChangeKind.OptionalAdded, false, false)]
    [InlineData("""{"properties":{"a":{}}}""", """{"properties":{"a":{},"b":{}},"required":["b"]}""", SchemaChangeKind.RequiredAdded, false, true)]
    [InlineData("""{"properties":{"a":{},"b":{}}}""", """{"properties":{"a":{}}}""", SchemaChangeKind.Removed, true, true)]
    [InlineData("""{"properties":{"b":{}},"required":["b"]}""", """{"properties":{"b":{}}}""", SchemaChangeKind.BecameOptional, true, false)]
    [InlineData("""{"properties":{"b":{}}}""", """{"properties":{"b":{}},"required":["b"]}""", SchemaChangeKind.BecameRequired, false, true)]
    [InlineData("""{"type":"string"}""", """{"type":"integer"}""", SchemaChangeKind.TypeChanged, true, true)]
    [InlineData("""{"type":"integer"}""", """{"type":"number"}""", SchemaChangeKind.TypeWidened, true, false)]
    [InlineData("""{"type":"string"}""", """{"type":["string","null"]}""", SchemaChangeKind.TypeWidened, true, false)]
    [InlineData("""{"type":["string","null"]}""", """{"type":"string"}""", SchemaChangeKind.TypeNarrowed, false, true)]
    [InlineData("""{"enum":["a","b"]}""", """{"enum":["a"]}""", SchemaChangeKind.EnumNarrowed, false, true)]
    [InlineData("""{"enum":["a"]}""", """{"enum":["a","b"]}""", SchemaChangeKind.EnumWidened, true, false)]
    [InlineData("""{"maxLength":9}""", """{"maxLength":5}""", SchemaChangeKind.BoundNarrowed, false, true)]
    [InlineData("""{"minimum":9}""", """{"minimum":5}""", SchemaChangeKind.BoundWidened, false, false)]
    [InlineData("""{"format":"date"}""", "{}", SchemaChangeKind.FormatChanged, true, false)]
    [InlineData("""{"$ref":"#/a"}""", """{"$ref":"#/b"}""", SchemaChangeKind.ReferenceChanged, true, true)]
    [InlineData("""{"oneOf":[{}]}""", """{"oneOf":[{},{}]}""", SchemaChangeKind.FormsChanged, true, false)]
    public void Compare_OneChange_IsClassifiedForReadersAndWriters(string before, string after, SchemaChangeKind kind, bool breaksReaders, bool breaksWriters)
    {
        Assert.Equal((kind, breaksReaders), Single(SchemaUse.Output));
        Assert.Equal((kind, breaksWriters), Single(SchemaUse.Input));

        (SchemaChangeKind, bool) Single(SchemaUse use)
        {
            var change = Assert.Single(SchemaDiff.Compare(Json(before), Json(after), use));
            return (change.Kind, change.IsBreaking);
        }
    }

    [Fact]
    public void Compare_OnlyWordsChanged_IsNoChange() => Assert.Empty(SchemaDiff.Compare(Json("""{"type":"string","description":"a","example":1}"""), Json("""{"type":"string","description":"b","title":"c"}"""), SchemaUse.Output));

    [Fact]
    public void Compare_DeepChange_HasItsPath() =>
        Assert.Equal("list.*.a\\.b", Assert.Single(SchemaDiff.Compare(
            Json("""{"properties":{"list":{"items":{"properties":{"a.b":{"type":"string"}}}}}}"""), Json("""{"properties":{"list":{"items":{"properties":{"a.b":{"type":"integer"}}}}}}"""), SchemaUse.Output)).Path);

    [Fact]
    public void Impact_OutputChanged_NamesTheFieldsAndMappingsThatBreak()
    {
        var operation = Operation(list: false);
        FieldMapping[] mappings = [In("author", "who"), In("number", "id"), new() { Direction = MappingDirection.Out, From = "x", To = "author" }];
        var changes = SchemaDiff.Compare(Json("""{"properties":{"user":{"properties":{"login":{"type":"string"}}},"number":{"type":"integer"}}}"""), Json("""{"properties":{"user":{"type":"object","properties":{}},"number":{"type":"integer"}}}"""), SchemaUse.Output);

        var impact = SchemaImpact.Of(changes, SchemaUse.Output, operation, mappings);

        Assert.True(impact.BreaksSomething);
        Assert.Equal(["author"], impact.Fields);
        Assert.Equal(["who"], impact.Mappings.Select(mapping => mapping.To));
    }

    [Fact]
    public void Impact_ListChanged_LooksIntoItsItems()
    {
        var changes = SchemaDiff.Compare(Json("""{"type":"array","items":{"properties":{"number":{"type":"integer"}}}}"""), Json("""{"type":"array","items":{"properties":{"number":{"type":"string"}}}}"""), SchemaUse.Output);

        Assert.Equal(["number"], SchemaImpact.Of(changes, SchemaUse.Output, Operation(list: true), [In("number", "id")]).Fields);
        Assert.Single(SchemaImpact.Of(changes, SchemaUse.Output, Operation(list: true), [In("number", "id")]).Mappings);
    }

    [Fact]
    public void Impact_InputChanged_NamesMappingsThatWriteThere()
    {
        var changes = SchemaDiff.Compare(Json("""{"properties":{"a":{},"b":{}}}"""), Json("""{"properties":{"b":{}}}"""), SchemaUse.Input);

        Assert.Equal(["a.x"], SchemaImpact.Of(changes, SchemaUse.Input, Operation(list: false), [Out("a.x"), Out("b")]).Mappings.Select(mapping => mapping.To));
    }

    [Fact]
    public void Register_SameContentInAnotherOrder_IsTheSameVersion()
    {
        var first = SchemaRegistry.Register(new SchemaRegistryState(), Subject, Json("""{"type":"object","title":"a"}"""), At, "template");
        var again = SchemaRegistry.Register(first.State, Subject, Json("""{ "title":"a", "type":"object" }"""), At, "probe");

        Assert.Equal((1, true), (first.Version!.Number, first.IsNew));
        Assert.Equal((1, false), (again.Version!.Number, again.IsNew));
    }

    [Theory]
    [InlineData(CompatibilityMode.None, true, true)]
    [InlineData(CompatibilityMode.Backward, false, true)]
    [InlineData(CompatibilityMode.Forward, true, false)]
    [InlineData(CompatibilityMode.Full, false, false)]
    public void Register_Mode_DecidesWhichVersionsAreTaken(CompatibilityMode mode, bool takesRemoval, bool takesAddition)
    {
        var state = SchemaRegistry.WithMode(SchemaRegistry.Register(new SchemaRegistryState(), Subject, Json("""{"properties":{"a":{},"b":{}}}"""), At, "template").State, Subject, mode);

        var removal = SchemaRegistry.Register(state, Subject, Json("""{"properties":{"a":{}}}"""), At, "probe");
        var addition = SchemaRegistry.Register(state, Subject, Json("""{"properties":{"a":{},"b":{},"c":{}}}"""), At, "probe");

        Assert.Equal(takesRemoval, removal.Refusal is null);
        Assert.Equal(takesAddition, addition.Refusal is null);
        Assert.Equal(SchemaChangeKind.Removed, Assert.Single(removal.Changes).Kind);
    }

    [Fact]
    public void Register_Forever_StaysBoundedAndKeepsTheNewest()
    {
        var state = new SchemaRegistryState();
        for (var i = 0; i < 400; i++)
        {
            var subject = SchemaRegistry.Subject("okta", "users.op" + (i % 40), SchemaUse.Output);
            state = SchemaRegistry.Register(SchemaRegistry.WithMode(state, subject, CompatibilityMode.None), subject, Json($$"""{"title":"{{new string('x', 4000)}}{{i}}"}"""), At.AddMinutes(i), "probe").State;
        }

        Assert.True(JsonSerializer.Serialize(state, TemplateJson.Options).Length < SchemaRegistry.MaxTotal * 1.5);
        Assert.All(state.Subjects, subject => Assert.InRange(subject.Versions.Count, 1, SchemaRegistry.MaxVersions));
        Assert.Equal(40, state.Subjects.Count);
        Assert.Equal(10, state.Subjects[0].Versions[^1].Number);
    }

    [Fact]
    public void Sampler_StateAsJson_ReadsBackTheSame()
    {
        var state = Observe(12, _ => """{"a":1,"b":{"c":null}}""");

        var read = JsonSerializer.Deserialize<SampleState>(JsonSerializer.Serialize(state, TemplateJson.Options), TemplateJson.Options)!;

        Assert.Equal(state.Fields, read.Fields);
        Assert.Equal(state.Samples, read.Samples);
    }

    [Fact]
    public void Infer_Samples_GivesTypesAndWhatIsAlwaysThere()
    {
        var schema = ResponseSampler.Infer(Observe(10, i => i % 2 == 0 ? """{"id":"1","list":[{"x":1},{"x":2,"y":true}]}""" : """{"id":"2","n":null,"list":[]}"""));

        Assert.Equal("string", schema.GetProperty("properties").GetProperty("id").GetProperty("type").GetString());
        Assert.Equal(["id", "list"], schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["x"], schema.GetProperty("properties").GetProperty("list").GetProperty("items").GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void Drift_AnswersAsPromised_IsNone() =>
        Assert.Empty(ResponseSampler.Drift(Observe(30, i => $$"""{"id":"{{i}}","state":"open","tags":["a"],"note":null}"""), Json("""{"type":"object","properties":{"id":{"type":"string"},"state":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"note":{"type":["string","null"]}},"required":["id"]}""")));

    [Theory]
    [InlineData("""{"state":"open"}""", "id", SchemaChangeKind.Removed, true)]
    [InlineData("""{"id":7,"state":"open"}""", "id", SchemaChangeKind.TypeChanged, true)]
    [InlineData("""{"id":null,"state":"open"}""", "id", SchemaChangeKind.TypeWidened, true)]
    [InlineData("""{"id":"1","state":"open","extra":1}""", "extra", SchemaChangeKind.OptionalAdded, false)]
    public void Drift_AnswersOtherThanPromised_IsNamed(string answer, string path, SchemaChangeKind kind, bool breaking)
    {
        var change = Assert.Single(ResponseSampler.Drift(Observe(12, _ => answer), Json("""{"type":"object","properties":{"id":{"type":"string"},"state":{"type":"string"}},"required":["id"]}""")));

        Assert.Equal((path, kind, breaking), (change.Path, change.Kind, change.IsBreaking));
    }

    [Fact]
    public void Drift_FewSamples_SaysNothing() => Assert.Empty(ResponseSampler.Drift(Observe(9, _ => """{"id":7}"""), Json("""{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}""")));

    [Fact]
    public void Merge_ManyFields_StaysBounded()
    {
        var state = Observe(500, i => $$"""{"id":1,"{{(char)('a' + (i % 26))}}{{(char)('a' + (i / 26))}}":1}""");

        Assert.Equal((500, ResponseSampler.MaxFields, true), (state.Samples, state.Fields.Count, state.IsCut));
    }

    [Theory]
    [InlineData("ada@acme.example")]
    [InlineData("00u1abcd2EFGH3ijkl4")]
    [InlineData("2026-11-21")]
    [InlineData("5f1c9a30-77aa-4b0e-9d6a-1f6f2f4f7c11")]
    [InlineData("4915112345678")]
    public void Shape_NamesThatAreData_AreLeftOut(string name)
    {
        var shape = ResponseSampler.Shape(Json($$$"""{"byKey":{"{{{name}}}":{"x":1}},"@odata.type":"t"}"""));

        Assert.Equal(["", "@odata\\.type", "byKey"], shape.Fields.Select(field => field.Path));
    }

    [Fact]
    public void Shape_OfAValue_HoldsNoValue()
    {
        var json = JsonSerializer.Serialize(ResponseSampler.Shape(Json("""{"mail":"ada@acme.example","n":4711,"l":["secret"]}""")), TemplateJson.Options);

        Assert.DoesNotContain("ada", json, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", json, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", json, StringComparison.Ordinal);
    }

    private const string Subject = "okta/users.get/output";

    private static SampleState Observe(int count, Func<int, string> answer)
    {
        return Enumerable.Range(0, count).Aggregate(new SampleState(), (state, i) => ResponseSampler.Merge(state, ResponseSampler.Shape(Json(answer(i)))));
    }

    private static OperationTemplate Operation(bool list) => new()
    {
        Id = "issues.get",
        Summary = "Reads.",
        Effect = OperationEffect.Read,
        Output = new OutputSpec { List = list, Fields = new Dictionary<string, string> { ["number"] = "number|integer", ["author"] = "user.name ?? user.login" } },
    };

    private static FieldMapping In(string from, string to) => new() { Direction = MappingDirection.In, From = from, To = to };

    private static FieldMapping Out(string to) => new() { Direction = MappingDirection.Out, From = "mine", To = to };

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
