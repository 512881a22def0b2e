using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Memory;

namespace Steward.Gateway.Api;

/// <summary>What is remembered of the caller.</summary>
internal static class MemoryEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/memory", (Delegate)ListAsync)
            .WithName("listMemories")
            .WithTags("Memory")
            .WithSummary("List memories")
            .WithDescription("A page of what is remembered of the caller, by id; after is the last id of the page before.")
            .Produces<MemoryPage>()
            .WithProblems(400, 401, 403, 409, 429, 503);
        v1.MapPost("/memory/search", (Delegate)SearchAsync)
            .WithName("searchMemories")
            .WithTags("Memory")
            .WithSummary("Search memories")
            .WithDescription("What fits a question best, constraints always and first. mode says whether it was looked for by words, or by words and meaning.")
            .Accepts<SearchMemoriesRequest>("application/json")
            .Produces<MemoryRecall>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapPut("/memory/{memoryId}", (Delegate)CorrectAsync)
            .WithName("correctMemory")
            .WithTags("Memory")
            .WithSummary("Correct a memory")
            .WithDescription("Puts a value in the place of one that is wrong; the answer is the memory that holds now. The old one is kept as superseded, and can be restored. Idempotent by operation id.")
            .Accepts<CorrectMemoryRequest>("application/json")
            .Produces<MemoryItem>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/memory/{memoryId}/restore", (Delegate)RestoreAsync)
            .WithName("restoreMemory")
            .WithTags("Memory")
            .WithSummary("Restore a memory")
            .WithDescription("It holds again; what took its place does not hold any more. Idempotent.")
            .Produces<MemoryItem>()
            .WithProblems(400, 401, 403, 404, 409, 429, 503);
        v1.MapDelete("/memory/{memoryId}", (Delegate)ForgetAsync)
            .WithName("forgetMemory")
            .WithTags("Memory")
            .WithSummary("Forget a memory")
            .WithDescription("With all that it superseded: nothing that could be read stays, and what was said before cannot bring it back. Idempotent.")
            .Produces<MemoryForgotten>()
            .WithProblems(400, 401, 403, 409, 429, 503);
        MapWhole(v1);
        MemoryProposalEndpoints.Map(v1);
        MemoryKeepingEndpoints.Map(v1);
    }

    private static void MapWhole(RouteGroupBuilder v1)
    {
        v1.MapGet("/memory/settings", (Delegate)GetSettingsAsync)
            .WithName("getMemorySettings")
            .WithTags("Memory")
            .WithSummary("Read what may be kept")
            .WithDescription("For each kind whether it may be kept and for how long, and whether patterns may be shared, which is off unless it was switched on.")
            .Produces<MemorySettings>()
            .WithProblems(401, 403, 409, 429, 503);
        v1.MapPut("/memory/settings", (Delegate)SetSettingsAsync)
            .WithName("setMemorySettings")
            .WithTags("Memory")
            .WithSummary("Set what may be kept")
            .WithDescription("What is left out stays as it is. What is there of a kind that may not be kept any more is forgotten. Idempotent.")
            .Accepts<SetMemorySettingsRequest>("application/json")
            .Produces<MemorySettings>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/memory/export", (Delegate)ExportAsync)
            .WithName("exportMemory")
            .WithTags("Memory")
            .WithSummary("Export everything")
            .WithDescription("All that the memory holds on the caller, also what does not hold any more, with the settings and the last accesses. elsewhere names what else is held on the caller, and the address of each.")
            .Produces<MemoryExport>()
            .WithProblems(401, 403, 409, 429, 503);
        v1.MapPost("/memory/erase", (Delegate)EraseAsync)
            .WithName("eraseMemory")
            .WithTags("Memory")
            .WithSummary("Erase everything")
            .WithDescription(
                "The memory is empty when the answer comes. With includeConversations the texts of the caller's conversations and runs are removed after it, also when a server is lost meanwhile; the receipt says what was removed where, and what remains. "
                + "Idempotent by operation id. The body may be left out.")
            .Accepts<EraseMemoryRequest>(isOptional: true, "application/json")
            .Produces<MemoryErasure>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapGet("/memory/erasure", (Delegate)GetErasureAsync)
            .WithName("getMemoryErasure")
            .WithTags("Memory")
            .WithSummary("Read the receipt of the last erasure")
            .WithDescription("completedAt is absent while it goes on.")
            .Produces<MemoryErasure>()
            .WithProblems(401, 403, 404, 409, 429, 503);
        v1.MapPost("/memory/consolidate", (Delegate)ConsolidateAsync)
            .WithName("consolidateMemory")
            .WithTags("Memory")
            .WithSummary("Consolidate the memory")
            .WithDescription("Merges what says the same and removes what is over its time, which is otherwise done at night. Idempotent.")
            .Produces<MemoryConsolidated>()
            .WithProblems(401, 403, 409, 429, 503);
        v1.MapGet("/memory/accesses", (Delegate)ListAccessesAsync)
            .WithName("listMemoryAccesses")
            .WithTags("Memory")
            .WithSummary("List accesses")
            .WithDescription("Who read or changed the memory, newest first: the caller, or runs in the caller's name.")
            .Produces<MemoryAccessListResource>()
            .WithProblems(400, 401, 403, 429, 503);
    }

    private static async Task ListAsync(HttpContext context, [FromQuery] string? after, [FromQuery] string? limit, [FromQuery] string? kind, [FromQuery] string? superseded)
    {
        var query = new ListMemories
        {
            After = QueryNumbers.Sequence(after, "after", 0),
            Limit = QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize),
            Kind = kind switch
            {
                null or "" => null,
                "preference" => MemoryKind.Preference,
                "fact" => MemoryKind.Fact,
                "constraint" => MemoryKind.Constraint,
                "interaction" => MemoryKind.Interaction,
                "pattern" => MemoryKind.Pattern,
                _ => throw StewardException.Invalid("kind", "must be preference, fact, constraint, interaction or pattern."),
            },
            IncludeSuperseded = superseded switch
            {
                null or "" or "false" => false,
                "true" => true,
                _ => throw StewardException.Invalid("superseded", "must be true or false."),
            },
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.ListAsync(query, context.RequestAborted), MemoryWireJson.Default.MemoryPage);
    }

    private static async Task SearchAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, MemoryWireJson.Default.SearchMemoriesRequest, options.Value.MaxBodyBytes);
        var recall = await Caller.Of(context).Client.Memory.SearchAsync(body.Text, body.Top ?? 10, body.Kinds, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, recall, MemoryWireJson.Default.MemoryRecall);
    }

    private static async Task CorrectAsync(HttpContext context, string memoryId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, MemoryWireJson.Default.CorrectMemoryRequest, options.Value.MaxBodyBytes);
        var item = await Caller.Of(context).Client.Memory.CorrectAsync(Id(memoryId), body.Value, body.OperationId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, item, MemoryWireJson.Default.MemoryItem);
    }

    private static async Task RestoreAsync(HttpContext context, string memoryId) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.RestoreAsync(Id(memoryId), context.RequestAborted), MemoryWireJson.Default.MemoryItem);

    private static async Task ForgetAsync(HttpContext context, string memoryId) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.ForgetAsync(Id(memoryId), context.RequestAborted), MemoryWireJson.Default.MemoryForgotten);

    private static async Task GetSettingsAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.GetSettingsAsync(context.RequestAborted), MemoryWireJson.Default.MemorySettings);

    private static async Task SetSettingsAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, MemoryWireJson.Default.SetMemorySettingsRequest, options.Value.MaxBodyBytes);
        var command = new SetMemorySettings
        {
            SharePatterns = body.SharePatterns,
            Kinds =
            [
                .. (body.Kinds ?? []).Select(kind => new SetMemoryKind
                {
                    Kind = kind?.Kind ?? throw StewardException.Invalid("kind", "must be given for each of kinds."),
                    IsKept = kind.IsKept,
                    RetentionDays = kind.RetentionDays,
                }),
            ],
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.SetSettingsAsync(command, context.RequestAborted), MemoryWireJson.Default.MemorySettings);
    }

    private static async Task ExportAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.ExportAsync(context.RequestAborted), MemoryWireJson.Default.MemoryExport);
    }

    private static async Task EraseAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, MemoryWireJson.Default.EraseMemoryRequest, options.Value.MaxBodyBytes, whenAbsent: new EraseMemoryRequest());
        var erasure = await Caller.Of(context).Client.Memory.EraseAsync(body.IncludeConversations ?? false, body.OperationId, context.RequestAborted);
        context.Response.Headers.Location = "/v1/memory/erasure";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, erasure, MemoryWireJson.Default.MemoryErasure);
    }

    private static async Task GetErasureAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.GetErasureAsync(context.RequestAborted), MemoryWireJson.Default.MemoryErasure);

    private static async Task ConsolidateAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.ConsolidateAsync(context.RequestAborted), MemoryWireJson.Default.MemoryConsolidated);

    private static async Task ListAccessesAsync(HttpContext context, [FromQuery] string? limit)
    {
        var accesses = await Caller.Of(context).Client.Memory.ListAccessesAsync(QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new MemoryAccessListResource { Accesses = accesses }, MemoryWireJson.Default.MemoryAccessListResource);
    }

    private static long Id(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
        ? id
        : throw StewardException.Invalid("memoryId", "must be the id of a memory, from 1.");
}
