using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>The tenant's connections to external systems.</summary>
internal static class ConnectorEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    // Mappings, and private keys.
    private const int MaxConnectorBytes = 512 * 1024;

    // With a template of the tenant's own, which is up to 4 MB and has each line end and quotation mark escaped.
    private const int MaxCreateBytes = 8 * 1024 * 1024;
    private const int MaxDocumentBytes = 8 * 1024 * 1024;

    // Two documents, with each line end and quotation mark escaped.
    private const int MaxCompareBytes = 20 * 1024 * 1024;

    public static void Map(RouteGroupBuilder v1)
    {
        MapTemplates(v1);
        MapInstances(v1);
        MapSchemas(v1);
        MapCalls(v1);
    }

    private static void MapTemplates(RouteGroupBuilder v1)
    {
        v1.MapGet("/connector-templates", (Delegate)ListTemplatesAsync)
            .WithName("listConnectorTemplates")
            .WithTags("Connectors")
            .WithSummary("List connector templates")
            .WithDescription("The catalogue, by id; with q only those whose name, description or category has these words.")
            .Produces<ConnectorTemplateListResource>()
            .WithProblems(400, 401, 429, 503);
        v1.MapGet("/connector-templates/{templateId}", (Delegate)GetTemplateAsync)
            .WithName("getConnectorTemplate")
            .WithTags("Connectors")
            .WithSummary("Read a connector template")
            .WithDescription("Its text, YAML, with its hash.")
            .Produces<ConnectorTemplateText>()
            .WithProblems(401, 404, 429, 503);
        v1.MapPost("/connector-templates/import", (Delegate)ImportAsync)
            .WithName("importConnectorTemplate")
            .WithTags("Connectors")
            .WithSummary("Draft a template from an OpenAPI document")
            .WithDescription("Swagger 2.0, OpenAPI 3.0 and 3.1, JSON or YAML, up to 8 MB, as the body. Answers with a draft, of all operations or of those that are named, and with what the document does not say. Keeps nothing. Admins only.")
            .Accepts<string>("text/plain", "application/json", "application/yaml")
            .Produces<ConnectorTemplateDraft>()
            .WithProblems(400, 401, 403, 413, 429, 503);
        v1.MapPost("/connector-templates/diff", (Delegate)CompareAsync)
            .WithName("compareSpecifications")
            .WithTags("Connectors")
            .WithSummary("Compare two versions of an OpenAPI document")
            .WithDescription("Which operations came, went and changed, and whether that breaks callers; with a connector also what breaks in it. Addresses, sign-in and failures are not looked at. Keeps nothing. Admins only.")
            .Accepts<CompareSpecificationsRequest>("application/json")
            .Produces<SpecificationComparison>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
    }

    private static void MapInstances(RouteGroupBuilder v1)
    {
        v1.MapPost("/connectors", (Delegate)CreateAsync)
            .WithName("createConnector")
            .WithTags("Connectors")
            .WithSummary("Create a connector")
            .WithDescription("An instance of a template of the catalogue, or of the tenant's own. Secrets go to the vault and are never shown again. Admins only.")
            .Accepts<CreateConnectorRequest>("application/json")
            .Produces<ConnectorInfo>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/connectors", (Delegate)ListAsync)
            .WithName("listConnectors")
            .WithTags("Connectors")
            .WithSummary("List connectors")
            .WithDescription("With their state, breaker and health. Admins only.")
            .Produces<ConnectorListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/connectors/{name}", (Delegate)GetAsync)
            .WithName("getConnector")
            .WithTags("Connectors")
            .WithSummary("Read a connector")
            .WithDescription("Settings, state and operations; never a secret. Admins only.")
            .Produces<ConnectorInfo>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPatch("/connectors/{name}", (Delegate)UpdateAsync)
            .WithName("updateConnector")
            .WithTags("Connectors")
            .WithSummary("Change a connector")
            .WithDescription("What is left out stays. Operations, roles, fields and mappings are replaced as a whole. Admins only.")
            .Accepts<UpdateConnectorRequest>("application/json")
            .Produces<ConnectorInfo>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapDelete("/connectors/{name}", (Delegate)DeleteAsync)
            .WithName("deleteConnector")
            .WithTags("Connectors")
            .WithSummary("Delete a connector")
            .WithDescription("With its secrets in the vault. Idempotent. Admins only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapPost("/connectors/{name}/credentials", (Delegate)RotateAsync)
            .WithName("rotateConnectorCredentials")
            .WithTags("Connectors")
            .WithSummary("Replace secrets")
            .WithDescription("The next call uses them. Idempotent. Admins only.")
            .Accepts<RotateCredentialsRequest>("application/json")
            .Produces<ConnectorInfo>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapPost("/connectors/{name}/verify", (Delegate)VerifyAsync)
            .WithName("verifyConnector")
            .WithTags("Connectors")
            .WithSummary("Verify address and credentials")
            .WithDescription("Makes the template's verification call; the answer says how it went, and as whom. Admins only.")
            .Produces<ConnectorVerification>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/connectors/{name}/sign-in", (Delegate)BeginSignInAsync)
            .WithName("beginConnectorSignIn")
            .WithTags("Connectors")
            .WithSummary("Begin a sign-in in the browser")
            .WithDescription(
                "For templates that sign in with an authorisation code. An admin signs the connector in; where it works on behalf of people, each person signs in for themselves. "
                + "Open the address; hand what the browser brings back to sign-in/complete as the same person, within ten minutes.")
            .Accepts<BeginSignInRequest>("application/json")
            .Produces<SignInResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapPost("/connectors/{name}/sign-in/complete", (Delegate)CompleteSignInAsync)
            .WithName("completeConnectorSignIn")
            .WithTags("Connectors")
            .WithSummary("End a sign-in")
            .WithDescription("Exchanges the code; the tokens go to the vault.")
            .Accepts<CompleteSignInRequest>("application/json")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapGet("/connector-audit", (Delegate)ListAuditAsync)
            .WithName("listConnectorAudit")
            .WithTags("Connectors")
            .WithSummary("List calls of external systems")
            .WithDescription("Who did what in which system, newest first; arguments are redacted. Go on with before=nextBefore until that is left out. Admins only.")
            .Produces<ConnectorAuditListResource>()
            .WithProblems(400, 401, 403, 429, 503);
    }

    private static void MapSchemas(RouteGroupBuilder v1)
    {
        v1.MapGet("/connectors/{name}/drift", (Delegate)ListDriftAsync)
            .WithName("listConnectorDrift")
            .WithTags("Connectors")
            .WithSummary("List operations whose answers changed")
            .WithDescription("What the system's answers look like is compared with the template and with the first answers; here is what differs, and which fields and mappings that breaks. Admins only.")
            .Produces<ConnectorDriftListResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/connectors/{name}/drift/{operation}/accept", (Delegate)AcceptDriftAsync)
            .WithName("acceptConnectorDrift")
            .WithTags("Connectors")
            .WithSummary("Accept how an operation's answers look now")
            .WithDescription("Later answers are compared with these. Mappings are not changed. Idempotent. Admins only.")
            .Produces<ConnectorInfo>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/connectors/{name}/mappings/test", (Delegate)TestMappingsAsync)
            .WithName("testConnectorMappings")
            .WithTags("Connectors")
            .WithSummary("Try field mappings on samples")
            .WithDescription("Shows each sample before and after, and what failed. Keeps nothing. Admins only.")
            .Accepts<TestMappingsRequest>("application/json")
            .Produces<MappingTrialListResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapPost("/connectors/{name}/mappings/suggest", (Delegate)SuggestMappingsAsync)
            .WithName("suggestConnectorMappings")
            .WithTags("Connectors")
            .WithSummary("Suggest field mappings")
            .WithDescription("Out of the paths, a sample or a JSON Schema of your own objects. Applies none: send those that are right with PATCH. Admins only.")
            .Accepts<SuggestMappingsRequest>("application/json")
            .Produces<SuggestedMappingListResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
    }

    private static void MapCalls(RouteGroupBuilder v1)
    {
        v1.MapGet("/connectors/{name}/dead-letters", (Delegate)ListDeadEventsAsync)
            .WithName("listConnectorDeadLetters")
            .WithTags("Connectors")
            .WithSummary("List events that nobody could work on")
            .WithDescription("Events of the external system that some subscriber did not settle in spite of all attempts, oldest first. Admins only.")
            .Produces<HookDeadLetterPage>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapPost("/connectors/{name}/dead-letters/{number}/replay", (Delegate)ReplayEventAsync)
            .WithName("replayConnectorDeadLetter")
            .WithTags("Connectors")
            .WithSummary("Publish an event again")
            .WithDescription("For the subscribers that have not settled it. Admins only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/connectors/{name}/dead-letters/{number}/close", (Delegate)CloseEventAsync)
            .WithName("closeConnectorDeadLetter")
            .WithTags("Connectors")
            .WithSummary("Take an event off the list")
            .WithDescription("For good. Admins only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapGet("/connectors/{name}/operations", (Delegate)ListOperationsAsync)
            .WithName("listConnectorOperations")
            .WithTags("Connectors")
            .WithSummary("List the operations that you may use")
            .WithDescription("With the JSON Schema of their arguments.")
            .Produces<ConnectorToolListResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/connectors/{name}/operations/{operation}/call", (Delegate)CallAsync)
            .WithName("callConnectorOperation")
            .WithTags("Connectors")
            .WithSummary("Call an operation")
            .WithDescription("With your rights: the connector's roles and the tenant's policy hold. What needs an approval is refused here; ask for it in a conversation. Failures of the external system are results.")
            .Accepts<CallOperationRequest>("application/json")
            .Produces<CallOperationResource>()
            .WithProblems(400, 401, 404, 413, 415, 429, 503);
        v1.MapGet("/connectors/{name}/operations/{operation}/choices/{parameter}", (Delegate)ListChoicesAsync)
            .WithName("listConnectorChoices")
            .WithTags("Connectors")
            .WithSummary("List what an argument may be")
            .WithDescription(
                "Calls the operation that tells it, with your rights to that one. The result has kind; values, each with value and title, and truncated; or the schema of the argument. "
                + "The outcome is rejected when no operation tells it, and invalid_argument when another argument must be known first.")
            .Produces<CallOperationResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/connectors/{name}/operations/{operation}/undo", (Delegate)UndoAsync)
            .WithName("undoConnectorOperation")
            .WithTags("Connectors")
            .WithSummary("Undo a call of an operation")
            .WithDescription(
                "Calls the operation that undoes this one, as the call's answer said under undo. Your rights to that operation and its policy hold; what needs an approval is refused here. "
                + "The outcome is rejected when nothing undoes it.")
            .Accepts<UndoOperationRequest>("application/json")
            .Produces<CallOperationResource>()
            .WithProblems(400, 401, 404, 413, 415, 429, 503);
    }

    private static async Task ListTemplatesAsync(HttpContext context, [FromQuery] string? q)
    {
        var templates = await Caller.Of(context).Client.Connectors.ListTemplatesAsync(q, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new ConnectorTemplateListResource { Templates = templates }, ConnectorWireJson.Default.ConnectorTemplateListResource);
    }

    private static async Task GetTemplateAsync(HttpContext context, string templateId) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.GetTemplateAsync(templateId, context.RequestAborted), ConnectorWireJson.Default.ConnectorTemplateText);

    private static async Task ImportAsync(HttpContext context, [FromQuery] string? operations)
    {
        var wanted = operations?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var document = await ReadTextAsync(context);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.ImportTemplateAsync(document, wanted, context.RequestAborted), ConnectorWireJson.Default.ConnectorTemplateDraft);
    }

    private static async Task CompareAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.CompareSpecificationsRequest, MaxCompareBytes);
        var comparison = await Caller.Of(context).Client.Connectors.CompareSpecificationsAsync(body.Before, body.After, body.Connector, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, comparison, ConnectorWireJson.Default.SpecificationComparison);
    }

    private static async Task CreateAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.CreateConnectorRequest, MaxCreateBytes);
        var created = await Caller.Of(context).Client.Connectors.CreateAsync(
            body.Name, ConnectorWireMapping.ToContract(body), ConnectorWireMapping.ToSecrets(body.Secrets), context.RequestAborted);
        context.Response.Headers.Location = $"/v1/connectors/{created.Name}";
        await WriteAsync(context, StatusCodes.Status201Created, created);
    }

    private static async Task ListAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context,
        StatusCodes.Status200OK,
        new ConnectorListResource { Connectors = await Caller.Of(context).Client.Connectors.ListAsync(context.RequestAborted) },
        ConnectorWireJson.Default.ConnectorListResource);

    private static async Task GetAsync(HttpContext context, string name) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.GetAsync(name, context.RequestAborted));

    private static async Task UpdateAsync(HttpContext context, string name)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.UpdateConnectorRequest, MaxConnectorBytes);
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.UpdateAsync(name, ConnectorWireMapping.ToContract(body), context.RequestAborted));
    }

    private static async Task DeleteAsync(HttpContext context, string name)
    {
        await Caller.Of(context).Client.Connectors.DeleteAsync(name, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task RotateAsync(HttpContext context, string name)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.RotateCredentialsRequest, MaxConnectorBytes);
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.RotateCredentialsAsync(name, ConnectorWireMapping.ToSecrets(body.Secrets), context.RequestAborted));
    }

    private static async Task VerifyAsync(HttpContext context, string name) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.VerifyAsync(name, context.RequestAborted), ConnectorWireJson.Default.ConnectorVerification);

    private static async Task ListDriftAsync(HttpContext context, string name) => await JsonAnswer.WriteAsync(
        context,
        StatusCodes.Status200OK,
        new ConnectorDriftListResource { Drift = await Caller.Of(context).Client.Connectors.ListDriftAsync(name, context.RequestAborted) },
        ConnectorWireJson.Default.ConnectorDriftListResource);

    private static async Task AcceptDriftAsync(HttpContext context, string name, string operation) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Connectors.AcceptDriftAsync(name, operation, context.RequestAborted));

    private static async Task TestMappingsAsync(HttpContext context, string name)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.TestMappingsRequest, MaxConnectorBytes);
        var trials = await Caller.Of(context).Client.Connectors.TestMappingsAsync(name, MappingWireMapping.ToContract(body), context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context, StatusCodes.Status200OK, new MappingTrialListResource { Samples = [.. trials.Select(MappingWireMapping.ToResource)] }, ConnectorWireJson.Default.MappingTrialListResource);
    }

    private static async Task SuggestMappingsAsync(HttpContext context, string name)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.SuggestMappingsRequest, MaxConnectorBytes);
        var suggestions = await Caller.Of(context).Client.Connectors.SuggestMappingsAsync(name, MappingWireMapping.ToContract(body), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, MappingWireMapping.ToResource(suggestions), ConnectorWireJson.Default.SuggestedMappingListResource);
    }

    private static async Task BeginSignInAsync(HttpContext context, string name, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.BeginSignInRequest, options.Value.MaxBodyBytes);
        var url = await Caller.Of(context).Client.Connectors.BeginSignInAsync(name, body.RedirectUri, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new SignInResource { AuthorizeUrl = url }, ConnectorWireJson.Default.SignInResource);
    }

    private static async Task CompleteSignInAsync(HttpContext context, string name, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.CompleteSignInRequest, options.Value.MaxBodyBytes);
        await Caller.Of(context).Client.Connectors.CompleteSignInAsync(name, body.State, new SecretText(body.Code), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ListOperationsAsync(HttpContext context, string name)
    {
        var operations = await Caller.Of(context).Client.Connectors.ListOperationsAsync(name, context.RequestAborted);
        var resource = new ConnectorToolListResource { Operations = [.. operations.Select(ConnectorWireMapping.ToResource)] };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ConnectorWireJson.Default.ConnectorToolListResource);
    }

    private static async Task CallAsync(HttpContext context, string name, string operation, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.CallOperationRequest, options.Value.MaxBodyBytes);
        var command = new ConnectorCallCommand
        {
            Instance = name,
            Operation = operation,
            ArgumentsJson = body.Arguments?.GetRawText() ?? "{}",
            ActionId = string.IsNullOrWhiteSpace(body.ActionId) ? "call-" + RandomNumberGenerator.GetHexString(24, lowercase: true) : $"{Caller.Of(context).Identity.UserId}/{body.ActionId}",
            DryRun = body.DryRun ?? false,
        };
        var result = await Caller.Of(context).Client.Connectors.CallAsync(command, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, ConnectorWireMapping.ToResource(result, command.ActionId), ConnectorWireJson.Default.CallOperationResource);
    }

    private static async Task ListChoicesAsync(HttpContext context, string name, string operation, string parameter, [FromQuery] string? arguments)
    {
        var result = await Caller.Of(context).Client.Connectors.ListChoicesAsync(name, operation, parameter, string.IsNullOrWhiteSpace(arguments) ? "{}" : arguments, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, ConnectorWireMapping.ToResource(result, null), ConnectorWireJson.Default.CallOperationResource);
    }

    private static async Task UndoAsync(HttpContext context, string name, string operation, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ConnectorWireJson.Default.UndoOperationRequest, options.Value.MaxBodyBytes);
        if (body.ActionId is not { Length: >= 1 and <= 400 })
        {
            throw StewardException.Invalid("actionId", "must be the id of the call that is undone, as its answer said it.");
        }

        var own = Caller.Of(context).Identity.UserId + "/";
        var command = new ConnectorCallCommand
        {
            Instance = name,
            Operation = operation,
            ArgumentsJson = body.Arguments?.GetRawText() ?? "{}",

            // Whoever else's call is undone: nobody's repetition is taken for another person's.
            ActionId = body.ActionId.StartsWith(own, StringComparison.Ordinal) ? body.ActionId : own + body.ActionId,
        };
        var result = await Caller.Of(context).Client.Connectors.UndoAsync(command, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, ConnectorWireMapping.ToResource(result, command.ActionId + "/undo"), ConnectorWireJson.Default.CallOperationResource);
    }

    private static async Task ListAuditAsync(HttpContext context, [FromQuery] string? connector, [FromQuery] string? before, [FromQuery] string? limit)
    {
        var page = await Caller.Of(context).Client.Connectors.ListAuditAsync(
            connector, QueryNumbers.Sequence(before, "before", 0), QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted);
        var resource = new ConnectorAuditListResource { Entries = [.. page.Entries.Select(ConnectorWireMapping.ToResource)], NextBefore = page.NextBefore };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ConnectorWireJson.Default.ConnectorAuditListResource);
    }

    private static async Task ListDeadEventsAsync(HttpContext context, string name, [FromQuery] string? after, [FromQuery] string? limit)
    {
        var page = await Caller.Of(context).Client.Connectors.ListDeadEventsAsync(
            name, QueryNumbers.Sequence(after, "after", 0), QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, page, ConnectorWireJson.Default.HookDeadLetterPage);
    }

    private static async Task ReplayEventAsync(HttpContext context, string name, string number)
    {
        await Caller.Of(context).Client.Connectors.ReplayEventAsync(name, QueryNumbers.Sequence(number, "number", 0), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task CloseEventAsync(HttpContext context, string name, string number)
    {
        await Caller.Of(context).Client.Connectors.CloseEventAsync(name, QueryNumbers.Sequence(number, "number", 0), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<string> ReadTextAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxDocumentBytes;
        }

        if (context.Request.ContentLength > MaxDocumentBytes)
        {
            throw Problems.ProblemWriter.TooLarge(context);
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (buffer.Length + read > MaxDocumentBytes)
            {
                throw Problems.ProblemWriter.TooLarge(context);
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.Length > 0
            ? Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)
            : throw new StewardException(ErrorCodes.InvalidArgument, "The body must be an OpenAPI document.");
    }

    private static Task WriteAsync(HttpContext context, int status, ConnectorInfo connector) =>
        JsonAnswer.WriteAsync(context, status, connector, ConnectorWireJson.Default.ConnectorInfo);
}
