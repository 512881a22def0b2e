using System.Text.Json;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Import;

public class OpenApiImporterTests
{
    [Fact]
    public void Import_OpenApi31_IdsAreTheDocumentsOrMadeFromMethodAndPath()
    {
        Assert.Equal(
            ["who_am_i", "list_tickets", "tickets.create", "replace_ticket", "delete_ticket", "search_tickets", "start_search", "users.deactivate.create"],
            Desk.Operations.Select(operation => operation.Id));
    }

    [Theory]
    [InlineData("list_tickets", OperationEffect.Read)]
    [InlineData("tickets.create", OperationEffect.Write)]
    [InlineData("replace_ticket", OperationEffect.Write)]
    [InlineData("delete_ticket", OperationEffect.Destructive)]
    [InlineData("search_tickets", OperationEffect.Read)]
    [InlineData("start_search", OperationEffect.Write)]
    [InlineData("users.deactivate.create", OperationEffect.Destructive)]
    public void Import_Effects_ComeFromMethodAndWords(string id, OperationEffect effect) => Assert.Equal(effect, Operation(Desk, id).Effect);

    [Fact]
    public void Import_BodyAndPathWithTheSameName_TheBodysIsRenamed()
    {
        var document = Documents.Desk31.Replace("\"readOnly\": true", "\"readOnly\": false", StringComparison.Ordinal);

        var operation = Operation(Documents.Import(document).Template, "replace_ticket");

        Assert.Equal("/tickets/{id}", operation.Path);
        Assert.Equal("{body_id}", operation.Body!.Value.GetProperty("id").GetString());
        Assert.Equal(["id", "title", "body_id"], InputSchema.Required(operation).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal));
    }

    [Fact]
    public void Import_ReadOnlyAndDefaults_AreNotSent()
    {
        var input = InputSchema.Arguments(Operation(Desk, "tickets.create"));

        Assert.DoesNotContain("id", input.Keys);
        Assert.False(input["title"].TryGetProperty("default", out _));
        Assert.Contains("By default \"No title\"", input["title"].GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_RecursiveSchema_IsCutWhereItComesAgain()
    {
        var result = Documents.Import(Documents.Desk31);

        var parent = InputSchema.Arguments(Operation(result.Template, "tickets.create"))["parent"];
        Assert.Equal("Ticket again, not repeated here.", parent.GetProperty("description").GetString());
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("holds itself", StringComparison.Ordinal));
    }

    [Fact]
    public void Import_CursorSeenAtBothEnds_PagingIsAGuessThatIsApplied()
    {
        var result = Documents.Import(Documents.Desk31);

        var operation = Operation(result.Template, "list_tickets");
        Assert.Equal(new PaginationSpec { Kind = PaginationKind.Cursor, Items = "tickets", Parameter = "cursor", NextPath = "meta.next_cursor", SizeParameter = "page_size", PageSize = 50 }, operation.Pagination);
        Assert.Equal(["state"], InputSchema.Arguments(operation).Keys);
        Assert.True(operation.Output is { List: true, Path: "tickets" });
        Assert.Equal("array", operation.Output.Schema!.Value.GetProperty("type").GetString());
        Assert.Contains(result.Gaps, gap => gap is { Area: GapArea.Pagination, Applied: true, OperationCount: 1 });
    }

    [Fact]
    public void Import_HeaderForRepetitions_IsTheIdempotencyOfTheWrite() =>
        Assert.Equal("Idempotency-Key", Operation(Desk, "tickets.create").Idempotency?.Header);

    [Fact]
    public void Import_ServerWithVariable_BecomesAFieldOfTheConnection()
    {
        Assert.Equal("https://{tenant}.desk.dev/v2", Desk.Connection.BaseUrl);
        Assert.True(Desk.Connection.Fields.Single() is { Name: "tenant", Required: true, Example: "yourcompany", Default: null });
    }

    [Fact]
    public void Import_OAuth_BecomesASignInWithTheScopesThatAreUsed()
    {
        var auth = Assert.Single(Desk.Auth);

        Assert.Equal((AuthKind.OAuth2Code, "https://login.desk.dev/token"), (auth.Kind, auth.OAuth2!.TokenUrl));
        Assert.Equal(["tickets:read"], auth.OAuth2.Scopes);
    }

    [Theory]
    [InlineData(GapArea.Limits)]
    [InlineData(GapArea.Retry)]
    [InlineData(GapArea.Pagination)]
    [InlineData(GapArea.Verification)]
    [InlineData(GapArea.Webhook)]
    [InlineData(GapArea.Idempotency)]
    public void Import_WhatNoDocumentSays_IsAGapWithAdvice(GapArea area)
    {
        var gaps = Documents.Import(Documents.Desk31).Gaps;

        Assert.Contains(gaps, gap => gap.Area == area && gap.Advice.Length > 20);
        Assert.Contains(gaps, gap => gap.Area == GapArea.Limits && gap.Guess is { } guess && guess.GetProperty("remaining").GetString() == "X-RateLimit-Remaining" && !gap.Applied);
    }

    [Fact]
    public void Import_BodyThatCannotBeWritten_LeavesTheOperationOutWithAWarning()
    {
        var result = Documents.Import(Documents.Desk31);

        Assert.Equal((9, 8), (result.Figures.OperationsInDocument, result.Figures.Operations));
        Assert.Contains(result.Warnings, warning => warning.Where == "upload" && warning.Message.Contains("multipart/form-data", StringComparison.Ordinal));
    }

    [Fact]
    public void Import_FormInParts_FilesAreBase64AndObjectsAreJson()
    {
        var operation = Operation(Documents.Import(Documents.Files30).Template, "attach");

        Assert.Equal(BodyFormat.Multipart, operation.BodyFormat);
        Assert.Null(operation.Body);
        Assert.Equal(
            [
                new PartSpec { Name = "file", Base64 = "{file}", FileName = "{fileName}", ContentType = "{contentType}" },
                new PartSpec { Name = "note", Text = "{note}" },
                new PartSpec { Name = "source", Text = "steward" },
            ],
            operation.Parts.Where(part => part.Json is null));
        Assert.Equal("\"{about}\"", Assert.Single(operation.Parts, part => part.Name == "about").Json!.Value.GetRawText());
        var input = InputSchema.Arguments(operation);
        Assert.Equal(["ticket", "file", "fileName"], InputSchema.Required(operation));
        Assert.Equal("The log. The file's bytes as base64.", input["file"].GetProperty("description").GetString());
        Assert.Equal("application/octet-stream", input["contentType"].GetProperty("default").GetString());
        Assert.DoesNotContain("tags", input.Keys);
    }

    [Fact]
    public void Import_FormInPartsWithTwoFiles_EachHasItsOwnNameAndTheTypeThatIsStated()
    {
        var operation = Operation(Documents.Import(Documents.Files30).Template, "replace_logo");

        Assert.Equal(
            [
                new PartSpec { Name = "light", Base64 = "{light}", FileName = "{light_name}", ContentType = "image/png" },
                new PartSpec { Name = "dark", Base64 = "{dark}", FileName = "{dark_name}", ContentType = "{dark_type}" },
            ],
            operation.Parts);
        Assert.Equal("dark", InputSchema.Arguments(operation)["dark_name"].GetProperty("default").GetString());
    }

    [Fact]
    public void Import_FormInPartsThatNeedsAList_LeavesTheOperationOutWithAWarning()
    {
        var result = Documents.Import(Documents.Files30);

        Assert.DoesNotContain(result.Template.Operations, operation => operation.Id == "tag");
        Assert.Contains(result.Warnings, warning => warning.Where == "tag" && warning.Message.Contains("is a list", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "swagger": "2.0", "info": { "title": "F", "version": "1.0.0" }, "host": "f.dev", "schemes": ["https"], "paths": { "/me": { "get": { "responses": { "200": { "description": "" } } } }, "/f": { "post": { "operationId": "put", "consumes": ["multipart/form-data"], "parameters": [ { "name": "data", "in": "formData", "type": "file", "required": true } ], "responses": { "200": { "description": "" } } } } } }""")]
    [InlineData("""{ "openapi": "3.1.0", "info": { "title": "F", "version": "1.0.0" }, "servers": [ { "url": "https://f.dev" } ], "paths": { "/me": { "get": { "responses": { "200": { "description": "" } } } }, "/f": { "post": { "operationId": "put", "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": { "type": "object", "required": ["data"], "properties": { "data": { "type": "string", "contentMediaType": "application/octet-stream" } } } } } }, "responses": { "200": { "description": "" } } } } } }""")]
    [InlineData("""{ "openapi": "3.0.0", "info": { "title": "F", "version": "1.0.0" }, "servers": [ { "url": "https://f.dev" } ], "paths": { "/me": { "get": { "responses": { "200": { "description": "" } } } }, "/f": { "post": { "operationId": "put", "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": { "type": "object", "required": ["data"], "properties": { "data": { "type": "array", "items": { "type": "string", "format": "binary" } } } } } } }, "responses": { "200": { "description": "" } } } } } }""")]
    public void Import_FileInEachVersion_IsAPartOfBytes(string document) =>
        Assert.Equal(
            [new PartSpec { Name = "data", Base64 = "{data}", FileName = "{fileName}", ContentType = "{contentType}" }],
            Operation(Documents.Import(document).Template, "put").Parts);

    [Fact]
    public void Import_PowerPlatform_ConfirmationChoicesAndConstantsAreUnderstood()
    {
        var result = Documents.Import(Documents.Power20);

        var create = Operation(result.Template, "create_record");
        Assert.True(create.RequiresApproval);
        Assert.Equal("2026-01", create.Query["api-version"]);
        Assert.Equal("List", InputSchema.Arguments(create)["list"].GetProperty("title").GetString());
        var choices = create.Choices["list"];
        Assert.Equal(("get_lists", "value", "id", "name"), (choices.Operation, choices.Items, choices.Value, choices.Title));
        Assert.Equal("""{"kind":"all","owner":"{owner}"}""", choices.With!.Value.GetRawText());
        Assert.Equal(ChoiceKind.Schema, create.Choices["item"].Kind);
        Assert.Equal("{body_list}", create.Body!.Value.GetProperty("list").GetString());
    }

    [Fact]
    public void Import_PowerPlatform_TriggersAreLeftOutAndTestsThatMustNotBeAreNotUsed()
    {
        var result = Documents.Import(Documents.Power20);

        Assert.DoesNotContain(result.Template.Operations, operation => operation.Id == "when_changed");
        Assert.Equal("get_lists", result.Template.Verify.Operation);
        Assert.Contains(result.Gaps, gap => gap.Area == GapArea.Webhook && gap.Operations.Contains("when_changed"));
    }

    [Fact]
    public void Import_Swagger2Form_IsSentAsAForm()
    {
        var operation = Operation(Documents.Import(Documents.Power20).Template, "send_form");

        Assert.Equal(BodyFormat.Form, operation.BodyFormat);
        Assert.Equal("{to}", operation.Body!.Value.GetProperty("to").GetString());
    }

    [Theory]
    [InlineData(Documents.Desk31)]
    [InlineData(Documents.Power20)]
    [InlineData(Documents.Files30)]
    public void Import_Draft_IsTheSameAfterBeingWrittenAndRead(string document)
    {
        var template = Documents.Import(document).Template;

        var read = TemplateReader.Read(TemplateWriter.Write(template), "draft.yaml");

        Assert.True(JsonElement.DeepEquals(TemplateWriter.ToElement(template), TemplateWriter.ToElement(read)));
    }

    [Fact]
    public void Import_SameDocumentTwice_GivesTheSameText() =>
        Assert.Equal(TemplateWriter.Write(Documents.Import(Documents.Desk31).Template), TemplateWriter.Write(Documents.Import(Documents.Desk31).Template));

    [Fact]
    public void Import_OneMoreOperation_KeepsTheIdsOfTheOthers()
    {
        var more = Documents.Desk31.Replace("\"paths\": {", "\"paths\": { \"/aaa\": { \"get\": { \"responses\": { \"200\": { \"description\": \"\" } } } },", StringComparison.Ordinal);

        Assert.Empty(Desk.Operations.Select(operation => operation.Id).Except(Documents.Import(more).Template.Operations.Select(operation => operation.Id)));
    }

    [Fact]
    public void Import_YamlWithAnchorsAndMergeKeys_IsExpanded()
    {
        var template = Documents.Import("""
            openapi: 3.0.3
            info: { title: Anchors, version: 1.0.0 }
            servers: [ { url: https://api.anchors.dev } ]
            paths:
              /a: { get: &get { operationId: getA, parameters: [ { name: q, in: query, schema: { type: string } } ], responses: { 200: { description: ok } } } }
              /b: { get: { <<: *get, operationId: getB } }
            """).Template;

        Assert.Equal(["get_a", "get_b"], template.Operations.Select(operation => operation.Id));
        Assert.Equal("{q}", template.Operations[1].Query["q"]);
    }

    [Fact]
    public void Import_NoReadWithoutArguments_VerifiesWithMadeUpOnesAndSaysSo()
    {
        var result = Documents.Import("""{ "openapi": "3.0.0", "info": { "title": "One", "version": "1.0.0" }, "servers": [ { "url": "https://one.dev" } ], "paths": { "/a/{id}": { "get": { "parameters": [ { "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 5 } } ], "responses": { "200": { "description": "" } } } } } }""");

        Assert.Equal("""{"id":5}""", result.Template.Verify.Arguments!.Value.GetRawText());
        Assert.Contains(result.Gaps, gap => gap.Area == GapArea.Verification && gap.Advice.Contains("made up", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openapi: 4.0.0", "not supported; allowed are swagger 2.0, openapi 3.0 and 3.1")]
    [InlineData("title: x", "neither 'openapi' nor 'swagger'")]
    [InlineData("[]", "must be an object")]
    [InlineData("", "is empty")]
    [InlineData("openapi: 3.0.0", "no operation to take over")]
    public void Import_NoSuchDocument_SaysWhatIsAllowed(string text, string message) =>
        Assert.Contains(message, Assert.Throws<DefinitionException>(() => Documents.Import(text)).Message, StringComparison.Ordinal);

    private static ConnectorTemplate Desk => Documents.Import(Documents.Desk31).Template;

    private static OperationTemplate Operation(ConnectorTemplate template, string id) => template.Operations.Single(operation => operation.Id == id);
}
