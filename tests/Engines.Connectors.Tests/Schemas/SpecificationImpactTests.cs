using System.Text;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Schemas;

public class SpecificationImpactTests
{
    private const string Before = """
        {
          "openapi": "3.0.3", "info": { "title": "Desk", "version": "1" }, "servers": [ { "url": "https://api.desk-vendor.com/v2" } ],
          "paths": {
            "/tickets/{id}": {
              "parameters": [ { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } } ],
              "get": { "operationId": "getTicket", "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "object", "properties": { "ticket": { "$ref": "#/components/schemas/Ticket" } } } } } } } }
            },
            "/tickets": {
              "get": { "operationId": "listTickets", "parameters": [ { "name": "state", "in": "query", "schema": { "type": "string" } }, { "name": "size", "in": "query", "schema": { "type": "integer" } } ], "responses": { "200": { "description": "ok", "content": { "application/json": { "schema": { "type": "object", "properties": { "total": { "type": "integer" } } } } } } } },
              "post": { "operationId": "createTicket", "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Ticket" } } } }, "responses": { "201": { "description": "" } } }
            },
            "/me": { "get": { "operationId": "me", "responses": { "200": { "description": "" } } } }
          },
          "components": { "schemas": {
            "Ticket": { "type": "object", "required": [ "id" ], "properties": { "id": { "type": "string", "readOnly": true }, "title": { "type": "string" }, "owner": { "$ref": "#/components/schemas/Person" }, "parent": { "$ref": "#/components/schemas/Ticket" } } },
            "Person": { "type": "object", "properties": { "mail": { "type": "string" }, "name": { "type": "string" } } } } }
        }
        """;

    [Fact]
    public void Compare_TheSame_HasNoChange()
    {
        var drift = Compare(Before);

        Assert.Empty(drift.OperationsChanged);
        Assert.False(drift.IsBreaking);
        Assert.Empty(Impacts(drift));
    }

    [Fact]
    public void Compare_SchemaThatOthersReferTo_ChangesTheOperationsOnBothSides()
    {
        var drift = Compare(Before.Replace("\"mail\": { \"type\": \"string\" }, ", "", StringComparison.Ordinal));

        Assert.Equal(["GET /tickets/{id}", "POST /tickets"], drift.OperationsChanged.Select(operation => operation.Operation));
        Assert.Equal("ticket.owner.mail", Assert.Single(drift.OperationsChanged[0].Results).Path);
        Assert.Equal("body.owner.mail", Assert.Single(drift.OperationsChanged[1].Arguments).Path);
        Assert.True(drift.IsBreaking);
    }

    [Fact]
    public void Compare_SchemaPutTogetherInAnotherWay_IsNoChange()
    {
        var drift = Compare(Before
            .Replace("\"Person\": { \"type\": \"object\", \"properties\": { \"mail\"", "\"Named\": { \"type\": \"object\", \"properties\": { \"name\": { \"type\": \"string\" } } }, \"Person\": { \"allOf\": [ { \"$ref\": \"#/components/schemas/Named\" } ], \"properties\": { \"mail\"", StringComparison.Ordinal)
            .Replace("{ \"type\": \"string\" }, \"name\": { \"type\": \"string\" } } } } }", "{ \"type\": \"string\" } } } } }", StringComparison.Ordinal));

        Assert.Empty(drift.OperationsChanged);
        Assert.Equal(["Named"], drift.SchemasAdded);
        Assert.Equal(1, drift.SchemasEdited);
    }

    [Fact]
    public void Compare_PartThatHoldsItself_Ends()
    {
        var drift = Compare(Before.Replace("\"Person\": { \"type\": \"object\",", "\"Person\": { \"type\": \"object\", \"allOf\": [ { \"$ref\": \"#/components/schemas/Person\" }, { \"$ref\": \"#/components/schemas/Person\" } ],", StringComparison.Ordinal));

        Assert.False(drift.IsBreaking);
        Assert.All(drift.OperationsChanged, operation => Assert.True(operation.IsPartial));
    }

    [Fact]
    public void Compare_ParameterOfThePathRenamed_IsNoChange()
    {
        var drift = Compare(Before.Replace("/tickets/{id}", "/tickets/{ticketId}", StringComparison.Ordinal).Replace("\"name\": \"id\", \"in\"", "\"name\": \"ticketId\", \"in\"", StringComparison.Ordinal));

        Assert.Empty(drift.OperationsRemoved);
        Assert.Empty(drift.OperationsChanged);
    }

    [Fact]
    public void Compare_WhatTheSystemSetsBecomesRequired_BreaksNoArguments()
    {
        var drift = Compare(Before.Replace("\"readOnly\": true }", "\"readOnly\": true, \"format\": \"uuid\" }", StringComparison.Ordinal).Replace("\"required\": [ \"id\" ]", "\"required\": [ \"id\", \"title\" ]", StringComparison.Ordinal));

        var created = Assert.Single(drift.OperationsChanged, operation => operation.Operation == "POST /tickets");
        Assert.Equal([("body.title", SchemaChangeKind.BecameRequired, true)], created.Arguments.Select(change => (change.Path, change.Kind, change.IsBreaking)));
        Assert.False(Assert.Single(drift.OperationsChanged, operation => operation.Operation == "GET /tickets/{id}").IsBreaking);
    }

    [Theory]
    [InlineData("{ \"name\": \"size\", \"in\": \"query\", \"schema\": { \"type\": \"integer\" } }", "{ \"name\": \"size\", \"in\": \"query\", \"schema\": { \"type\": \"integer\", \"maximum\": 100 } }", "query.size", SchemaChangeKind.BoundNarrowed)]
    [InlineData("{ \"name\": \"size\", \"in\": \"query\"", "{ \"name\": \"size\", \"required\": true, \"in\": \"query\"", "query.size", SchemaChangeKind.BecameRequired)]
    [InlineData("{ \"name\": \"state\", \"in\": \"query\", \"schema\": { \"type\": \"string\" } }, ", "", "query.state", SchemaChangeKind.Removed)]
    public void Compare_Parameter_NamesPlaceAndKind(string was, string isNow, string path, SchemaChangeKind kind)
    {
        var change = Assert.Single(Assert.Single(Compare(Before.Replace(was, isNow, StringComparison.Ordinal)).OperationsChanged).Arguments);

        Assert.Equal((path, kind, true), (change.Path, change.Kind, change.IsBreaking));
    }

    [Fact]
    public void Compare_BodyOfAnotherForm_IsBreaking()
    {
        var change = Assert.Single(Assert.Single(Compare(Before.Replace("\"requestBody\": { \"required\": true, \"content\": { \"application/json\"", "\"requestBody\": { \"required\": true, \"content\": { \"text/json\"", StringComparison.Ordinal)).OperationsChanged).Arguments, change => change.IsBreaking);

        Assert.Equal(("contentType", SchemaChangeKind.EnumNarrowed), (change.Path, change.Kind));
    }

    [Fact]
    public void Compare_SchemasThatHoldEachOther_EndsAndSaysThatItIsPartial()
    {
        // Each of thirty schemas holds all others four times: all ways through them are beyond counting.
        var schemas = string.Join(',', Enumerable.Range(0, 30).Select(number => $"\"S{number}\":{{\"type\":\"object\",\"properties\":{{{string.Join(',', Enumerable.Range(0, 30).Select(other => $"\"p{other}\":{{\"$ref\":\"#/components/schemas/S{other}\"}}"))},\"x\":{{\"type\":\"TYPE\"}}}}}}"));
        var document = Before.Replace("\"Person\": {", schemas + ", \"Person\": {", StringComparison.Ordinal).Replace("\"name\": { \"type\": \"string\" }", "\"s\": { \"$ref\": \"#/components/schemas/S0\" }", StringComparison.Ordinal);

        var drift = SpecificationDrift.Compare(Encoding.UTF8.GetBytes(document.Replace("TYPE", "string", StringComparison.Ordinal)), Encoding.UTF8.GetBytes(document.Replace("TYPE", "string\", \"title\": \"x", StringComparison.Ordinal)));

        Assert.Contains(drift.OperationsChanged, operation => operation.IsPartial);
        Assert.False(drift.IsBreaking);
    }

    [Fact]
    public void Of_RemovedOperation_BreaksAllOfIt()
    {
        var drift = Compare(Before.Replace("\"/me\"", "\"/self\"", StringComparison.Ordinal));

        var impact = Assert.Single(Impacts(drift, "me", new FieldMapping { Direction = MappingDirection.In, From = "id", To = "key" }));
        Assert.Equal(("me", true, "key"), (impact.OperationId, impact.IsRemoved, Assert.Single(impact.Mappings).To));
    }

    [Fact]
    public void Of_FieldThatAMappingReads_NamesTheMapping()
    {
        var drift = Compare(Before.Replace("\"mail\": { \"type\": \"string\" }, ", "", StringComparison.Ordinal));
        FieldMapping[] mappings = [new() { Direction = MappingDirection.In, From = "ticket.owner.mail", To = "address" }, new() { Direction = MappingDirection.In, From = "ticket.title", To = "subject" }];

        var impact = Assert.Single(Impacts(drift, "get_ticket", mappings));

        Assert.Equal(("get_ticket", false, "address"), (impact.OperationId, impact.IsRemoved, Assert.Single(impact.Mappings).To));
    }

    [Fact]
    public void Of_ValueInsideOfTheAnswer_IsRebasedOnTheTemplatesPath()
    {
        var drift = Compare(Before.Replace("\"mail\": { \"type\": \"string\" }, ", "", StringComparison.Ordinal));
        var target = Target("get_ticket", []);
        target = target with { Template = target.Template with { Operations = [.. target.Template.Operations.Select(operation => operation.Id == "get_ticket" ? operation with { Output = new OutputSpec { Path = "ticket", Fields = new Dictionary<string, string> { ["mail"] = "owner.mail", ["title"] = "title" } } } : operation)] } };

        Assert.Equal(["mail"], Assert.Single(SpecificationImpact.Of(drift, target, out _)).Fields);
    }

    [Fact]
    public void Of_ArgumentThatIsGone_NamesItAndTheMappingToIt()
    {
        var drift = Compare(Before.Replace("{ \"name\": \"state\", \"in\": \"query\", \"schema\": { \"type\": \"string\" } }, ", "", StringComparison.Ordinal));

        var impact = Assert.Single(Impacts(drift, "list_tickets", new FieldMapping { Direction = MappingDirection.Out, From = "phase", To = "state" }, new FieldMapping { Direction = MappingDirection.Out, From = "count", To = "size" }));

        Assert.Equal(("state", "state"), (Assert.Single(impact.Arguments), Assert.Single(impact.Mappings).To));
    }

    [Fact]
    public void Of_NewRequiredMember_IsToBeAddedToTheTemplate()
    {
        var drift = Compare(Before.Replace("\"required\": [ \"id\" ], \"properties\": {", "\"required\": [ \"id\", \"urgency\" ], \"properties\": { \"urgency\": { \"type\": \"string\" },", StringComparison.Ordinal));

        Assert.Equal(["body.urgency"], Assert.Single(Impacts(drift, "create_ticket", new FieldMapping { Direction = MappingDirection.Out, From = "subject", To = "title" })).NewlyRequired);
    }

    [Fact]
    public void Of_OperationThatTheDocumentDoesNotHave_IsUnknown()
    {
        var drift = Compare(Before);
        var target = Target("me", []);
        target = target with { Template = target.Template with { Operations = [.. target.Template.Operations.Select(operation => operation.Id == "me" ? operation with { Path = "/elsewhere" } : operation with { Path = "/v2" + operation.Path })] } };

        Assert.Empty(SpecificationImpact.Of(drift, target, out var unknown));
        Assert.Equal(["me"], unknown);
    }

    private static SpecificationDrift Compare(string after) => SpecificationDrift.Compare(Encoding.UTF8.GetBytes(Before), Encoding.UTF8.GetBytes(after));

    private static IReadOnlyList<SpecificationImpact> Impacts(SpecificationDrift drift, string operation = "me", params FieldMapping[] mappings) => SpecificationImpact.Of(drift, Target(operation, mappings), out _);

    private static ResolvedInstance Target(string operation, IReadOnlyList<FieldMapping> mappings)
    {
        var template = new OpenApiImporter().Import(Encoding.UTF8.GetBytes(Before), "desk.json").Template;
        var instance = new ConnectorInstance
        {
            TenantId = "t-acme", Name = "desk", Title = "Desk", TemplateId = template.Id, TemplateVersion = "1.0.0", TemplateHash = "00", AuthId = "none", Operations = [operation],
            Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>> { [operation] = mappings },
        };
        return new ResolvedInstance(instance, template);
    }
}
