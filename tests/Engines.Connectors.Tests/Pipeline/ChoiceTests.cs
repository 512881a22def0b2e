using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Tests.Import;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>What an argument may be, as another operation tells.</summary>
public sealed class ChoiceTests
{
    private const string Template = Templates.Bearer +
        """
        operations:
          - id: things.search
            summary: Finds things.
            path: /v1/things
            effect: read
            output: { path: things, list: true, fields: { id: id, name: name } }
          - id: lists.find
            summary: Finds lists.
            path: /v1/{owner}/lists
            effect: read
            input: { properties: { owner: { type: string }, kind: { type: string } }, required: [owner] }
            output: { path: lists, list: true, fields: { id: id, name: name } }
          - id: records.make
            summary: Makes a record.
            method: POST
            path: /v1/records
            effect: write
            body: { list: "{list}" }
            input: { properties: { list: { type: string }, owner: { type: string }, form: { type: object } }, required: [list] }
            idempotency: { natural: true }
            choices:
              list: { operation: lists.find, with: { owner: "{owner}", kind: open, other: x }, value: id, title: name }
              form: { operation: things.search, kind: schema, items: schema }
        """;

    private readonly ConnectorTemplate _template = Piped.Read(Template);

    [Fact]
    public void Plan_WithTheOtherArguments_CallsWhatTellsIt()
    {
        var plan = Plan("list", """{"owner":"ada","list":"?"}""")!;

        Assert.Equal(("sut.lists.find", """{"owner":"ada","kind":"open"}"""), (plan.OperationId, plan.Arguments.GetRawText()));
    }

    [Fact]
    public void Plan_AnotherArgumentIsNotKnown_NamesIt()
    {
        var refused = Assert.IsType<ActionFailed>(Assert.Throws<OutcomeException>(() => Plan("list", "{}")).Outcome);

        Assert.Equal(("invalid_argument", "owner"), (refused.Code, refused.Field));
    }

    [Theory]
    [InlineData("owner")]
    [InlineData("nothing")]
    public void Plan_NothingTellsIt_IsNone(string argument) => Assert.Null(Plan(argument, "{}"));

    [Fact]
    public void Of_OperationThatTellsIt_MustBeOnAndNotMapped()
    {
        var make = _template.Operations[2];
        Assert.Equal(["form", "list"], InstanceChoices.Of(Target(), make).Keys.Order());
        Assert.Equal("lists.find", InstanceChoices.Of(Target(), make)["list"]);
        Assert.Equal(["form"], InstanceChoices.Of(Target(instance => instance with { Operations = ["things.search", "records.make"] }), make).Keys);
        var mapped = Target(instance => instance with { Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>> { ["lists.find"] = [new() { Direction = MappingDirection.Out, From = "who", To = "owner" }] } });
        Assert.Equal(["form"], InstanceChoices.Of(mapped, make).Keys);
    }

    [Fact]
    public void Description_OfTheTool_SaysHowToGetThem()
    {
        var make = InstanceOperations.Of(Target()).All.Single(operation => operation.Template.Id == "records.make").Operation;

        Assert.Equal("Makes a record. What list may be tells sut.lists.find: one id of its result. What form may be tells sut.things.search: its form.", make.Description);
    }

    [Theory]
    [InlineData("""{"items":[{"id":"1","name":"One"},{"id":"2"},{"id":{"x":1},"name":"Three"},{"id":"1","name":"Again"},{"name":"None"}],"truncated":true}""", null,
        """{"kind":"values","values":[{"value":"1","title":"One"},{"value":"2","title":"2"}],"truncated":true}""")]
    [InlineData("""{"value":[{"id":7,"name":"Seven"}]}""", "value", """{"kind":"values","values":[{"value":7,"title":"Seven"}],"truncated":false}""")]
    [InlineData("""{"items":[{"id":true}],"truncated":false}""", "value", """{"kind":"values","values":[{"value":true,"title":"true"}],"truncated":false}""")]
    [InlineData("""{"value":5}""", "value", """{"kind":"values","values":[],"truncated":false}""")]
    [InlineData("""{}""", null, """{"kind":"values","values":[],"truncated":false}""")]
    public void Read_Result_GivesValuesAndTitles(string result, string? items, string expected) =>
        Assert.Equal(expected, InstanceChoices.Read(new ChoiceSpec { Operation = "x", Items = items, Value = "id", Title = "name" }, JsonElement.Parse(result)).GetRawText());

    [Fact]
    public void Read_ItemsThatAreTheValues_NeedNoPath() =>
        Assert.Equal("""{"kind":"values","values":[{"value":"a","title":"a"}],"truncated":false}""", InstanceChoices.Read(new ChoiceSpec { Operation = "x", Items = "all" }, JsonElement.Parse("""{"all":["a","a"]}""")).GetRawText());

    [Fact]
    public void Read_More_IsCut()
    {
        var result = JsonSerializer.SerializeToElement(new { items = Enumerable.Range(0, InstanceChoices.MaxValues + 1).Select(id => new { id, name = new string('x', 2000) }), truncated = false });

        var read = InstanceChoices.Read(new ChoiceSpec { Operation = "x", Value = "id", Title = "name" }, result);

        Assert.Equal((InstanceChoices.MaxValues, true, 500), (read.GetProperty("values").GetArrayLength(), read.GetProperty("truncated").GetBoolean(), read.GetProperty("values")[0].GetProperty("title").GetString()!.Length));
    }

    [Fact]
    public void Read_Schema_IsHandedOn()
    {
        var spec = new ChoiceSpec { Operation = "x", Kind = ChoiceKind.Schema, Items = "form.schema" };

        Assert.Equal("""{"kind":"schema","schema":{"type":"object"}}""", InstanceChoices.Read(spec, JsonElement.Parse("""{"form":{"schema":{"type":"object"}}}""")).GetRawText());
        Assert.Equal("""{"kind":"schema","schema":null}""", InstanceChoices.Read(spec, JsonElement.Parse("{}")).GetRawText());
    }

    /// <summary>From a Power Platform definition to the values: with arguments that the operation does not have left out.</summary>
    [Fact]
    public async Task Import_DynamicValues_AreOffered()
    {
        await using var vendor = await FakeVendor.StartAsync();
        vendor.Answer = (_, http) => FakeVendor.Json(http, """{"value":[{"id":"l1","name":"Leads"}]}""");
        var template = Documents.Import(Documents.Power20).Template;
        using var sut = new Piped(template, vendor.Url);
        var target = new ResolvedInstance(sut.Instance, template);

        var plan = InstanceChoices.Plan(target, template.Operations.Single(operation => operation.Id == "create_record"), "list", JsonElement.Parse("""{"owner":"ada"}"""))!;
        var result = Assert.IsType<ActionSucceeded>(await sut.ExecuteAsync(plan.OperationId["sut.".Length..], plan.Arguments));

        Assert.Equal("""{"kind":"values","values":[{"value":"l1","title":"Leads"}],"truncated":false}""", InstanceChoices.Read(plan.Spec, result.Result).GetRawText());
    }

    private ChoicePlan? Plan(string argument, string arguments) => InstanceChoices.Plan(Target(), _template.Operations[2], argument, JsonElement.Parse(arguments));

    private ResolvedInstance Target(Func<ConnectorInstance, ConnectorInstance>? change = null)
    {
        var instance = new ConnectorInstance
        {
            TenantId = "t-acme", Name = "sut", Title = "Sut", TemplateId = _template.Id, TemplateVersion = "1.0.0", TemplateHash = "", AuthId = _template.Auth[0].Id,
            Operations = [.. _template.Operations.Select(operation => operation.Id)],
        };
        return new ResolvedInstance(change?.Invoke(instance) ?? instance, _template);
    }
}
