using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>Code that worked, proposed by people and accepted by admins as examples for the tenant's agents.</summary>
internal static class SnippetEndpoints
{
    private static readonly SnippetWireJson Json = SnippetWireJson.Default;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/sandbox/snippets", (Delegate)ListAsync)
            .WithName("listSnippets")
            .WithTags("Sandbox")
            .WithSummary("List snippets")
            .WithDescription("Admins see all of the tenant, others what they have proposed themselves. Newest first, at most 200.")
            .Produces<SnippetListResource>()
            .WithProblems(401, 429, 503);
        v1.MapPost("/sandbox/snippets", (Delegate)ProposeAsync)
            .WithName("proposeSnippet")
            .WithTags("Sandbox")
            .WithSummary("Propose a snippet")
            .WithDescription("Proposes the code of one of the caller's executions that finished, at most 4,000 characters, as an example for the tenant's agents. Secrets and personal data are masked by their shape before it is kept. Nothing comes of it before an admin has accepted it. Idempotent. 409 while the tenant has snippets switched off.")
            .Accepts<ProposeSnippetRequest>("application/json")
            .Produces<SnippetResource>()
            .WithProblems(400, 401, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/sandbox/snippets/{snippetId}/decide", (Delegate)DecideAsync)
            .WithName("decideSnippet")
            .WithTags("Sandbox")
            .WithSummary("Accept or refuse a snippet")
            .WithDescription("For admins; nobody decides on their own. The last three that were accepted are given to agents that can run code. A later decision takes the place of an earlier one. Idempotent.")
            .Accepts<DecideSnippetRequest>("application/json")
            .Produces<SnippetResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapDelete("/sandbox/snippets/{snippetId}", (Delegate)RemoveAsync)
            .WithName("removeSnippet")
            .WithTags("Sandbox")
            .WithSummary("Remove a snippet")
            .WithDescription("For admins, and for whoever proposed it. Its code is removed with it. Idempotent.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/sandbox/snippet-settings", (Delegate)GetSettingsAsync)
            .WithName("getSnippetSettings")
            .WithTags("Sandbox")
            .WithSummary("Read whether snippets are on")
            .WithDescription("Off until an admin switches them on.")
            .Produces<SnippetSettingsResource>()
            .WithProblems(401, 429, 503);
        v1.MapPut("/sandbox/snippet-settings", (Delegate)SetSettingsAsync)
            .WithName("setSnippetSettings")
            .WithTags("Sandbox")
            .WithSummary("Switch snippets on or off")
            .WithDescription("For admins. Off keeps what there is, takes no proposals, and gives agents none.")
            .Accepts<SnippetSettingsResource>("application/json")
            .Produces<SnippetSettingsResource>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
    }

    private static ISnippetClient Of(HttpContext context) => Caller.Of(context).Client.Sandbox.Snippets;

    private static async Task ListAsync(HttpContext context)
    {
        var snippets = await Of(context).ListAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new SnippetListResource { Snippets = [.. snippets.Select(SnippetResource.Of)] }, Json.SnippetListResource);
    }

    private static async Task ProposeAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, Json.ProposeSnippetRequest, options.Value.MaxBodyBytes);
        var snippet = await Of(context).ProposeAsync(body.ExecutionId, body.Title, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, SnippetResource.Of(snippet), Json.SnippetResource);
    }

    private static async Task DecideAsync(HttpContext context, string snippetId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, Json.DecideSnippetRequest, options.Value.MaxBodyBytes);
        var snippet = await Of(context).DecideAsync(snippetId, body.Accepted ?? throw StewardException.Invalid("accepted", "must be true or false."), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, SnippetResource.Of(snippet), Json.SnippetResource);
    }

    private static async Task RemoveAsync(HttpContext context, string snippetId)
    {
        await Of(context).RemoveAsync(snippetId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task GetSettingsAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, new SnippetSettingsResource { Enabled = await Of(context).IsEnabledAsync(context.RequestAborted) }, Json.SnippetSettingsResource);

    private static async Task SetSettingsAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, Json.SnippetSettingsResource, options.Value.MaxBodyBytes);
        var isEnabled = await Of(context).ConfigureAsync(body.Enabled ?? throw StewardException.Invalid("enabled", "must be true or false."), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new SnippetSettingsResource { Enabled = isEnabled }, Json.SnippetSettingsResource);
    }
}
