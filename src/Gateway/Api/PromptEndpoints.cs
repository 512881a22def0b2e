using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Models.Prompts;

namespace Steward.Gateway.Api;

/// <summary>Registered prompts and their versions.</summary>
internal static class PromptEndpoints
{
    // A text of the greatest length with every character escaped, and values for a preview.
    private const int MaxBytes = 1024 * 1024;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/prompts", (Delegate)ListAsync)
            .WithName("listPrompts")
            .WithTags("Prompts")
            .WithSummary("List prompts")
            .WithDescription("The names of all. Admins and auditors.")
            .Produces<NameListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/prompts/{name}", (Delegate)GetAsync)
            .WithName("getPrompt")
            .WithTags("Prompts")
            .WithSummary("Read a prompt")
            .WithDescription("All versions, the one that answers and the experiment that tries another. Admins and auditors.")
            .Produces<PromptInfo>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/prompts/{name}/versions", (Delegate)AddAsync)
            .WithName("addPromptVersion")
            .WithTags("Prompts")
            .WithSummary("Stage a version")
            .WithDescription("Nobody sees it before somebody else has approved it. Variables must be exactly those that the text uses. Admins only.")
            .Accepts<PromptDraft>("application/json")
            .Produces<PromptInfo>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        Change(v1, "approve", "approvePromptVersion", "Approve a version", "Not by its author. Idempotent. Admins only.", static (client, name, version, token) => client.ApprovePromptAsync(name, version, token));
        Change(v1, "canary", "startPromptCanary", "Try a version", "On 5, then 25 % of the conversations, beside the live one; it goes live or is taken back by itself. Admins only.", static (client, name, version, token) => client.StartPromptCanaryAsync(name, version, token));
        Change(v1, "publish", "publishPromptVersion", "Let a version answer", "At once and everywhere. Idempotent. Admins only.", static (client, name, version, token) => client.PublishPromptAsync(name, version, token));
        v1.MapPost("/prompts/{name}/rollback", (Delegate)RollBackAsync)
            .WithName("rollBackPrompt")
            .WithTags("Prompts")
            .WithSummary("Go back")
            .WithDescription("Ends the canary, if one is tried; else the version before the live one answers. Admins only.")
            .Produces<PromptInfo>()
            .WithProblems(400, 401, 403, 404, 409, 429, 503);
        v1.MapGet("/prompts/{name}/diff/{fromVersion:int}/{toVersion:int}", (Delegate)DiffAsync)
            .WithName("diffPromptVersions")
            .WithTags("Prompts")
            .WithSummary("Compare versions")
            .WithDescription("Line by line. Admins and auditors.")
            .Produces<PromptDiffResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/prompts/{name}/versions/{version:int}/preview", (Delegate)PreviewAsync)
            .WithName("previewPromptVersion")
            .WithTags("Prompts")
            .WithSummary("Show a version with values")
            .WithDescription("A value that is missing or of no variable is refused. Changes nothing. Admins and auditors.")
            .Accepts<PreviewPromptRequest>("application/json")
            .Produces<PromptPreviewResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
    }

    private static void Change(RouteGroupBuilder v1, string verb, string operation, string summary, string description, Func<Steward.Client.IModelTrialsClient, string, int, CancellationToken, Task<PromptInfo>> change) =>
        v1.MapPost($"/prompts/{{name}}/versions/{{version:int}}/{verb}", async (HttpContext context, string name, int version) => await WriteAsync(context, await change(Caller.Of(context).Client.ModelTrials, name, version, context.RequestAborted)))
            .WithName(operation)
            .WithTags("Prompts")
            .WithSummary(summary)
            .WithDescription(description)
            .Produces<PromptInfo>()
            .WithProblems(400, 401, 403, 404, 409, 429, 503);

    private static async Task ListAsync(HttpContext context)
    {
        var names = await Caller.Of(context).Client.ModelTrials.ListPromptsAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new NameListResource { Names = names }, ModelTrialsWireJson.Default.NameListResource);
    }

    private static async Task GetAsync(HttpContext context, string name) => await WriteAsync(context, await Caller.Of(context).Client.ModelTrials.GetPromptAsync(name, context.RequestAborted));

    private static async Task AddAsync(HttpContext context, string name)
    {
        var draft = await RequestBody.ReadAsync(context, ModelTrialsWireJson.Default.PromptDraft, MaxBytes);
        await WriteAsync(context, await Caller.Of(context).Client.ModelTrials.AddPromptVersionAsync(name, draft, context.RequestAborted));
    }

    private static async Task RollBackAsync(HttpContext context, string name) => await WriteAsync(context, await Caller.Of(context).Client.ModelTrials.RollBackPromptAsync(name, context.RequestAborted));

    private static async Task DiffAsync(HttpContext context, string name, int fromVersion, int toVersion)
    {
        var lines = await Caller.Of(context).Client.ModelTrials.DiffPromptAsync(name, fromVersion, toVersion, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new PromptDiffResource { Lines = lines }, ModelTrialsWireJson.Default.PromptDiffResource);
    }

    private static async Task PreviewAsync(HttpContext context, string name, int version)
    {
        var body = await RequestBody.ReadAsync(context, ModelTrialsWireJson.Default.PreviewPromptRequest, MaxBytes);
        var text = await Caller.Of(context).Client.ModelTrials.PreviewPromptAsync(name, version, body.Variables, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new PromptPreviewResource { Text = text }, ModelTrialsWireJson.Default.PromptPreviewResource);
    }

    private static Task WriteAsync(HttpContext context, PromptInfo prompt) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, prompt, ModelTrialsWireJson.Default.PromptInfo);
}
