using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Models;

namespace Steward.Gateway.Api;

/// <summary>What the tenant allows and wants of models.</summary>
internal static class ModelSettingsEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/model-settings", (Delegate)GetAsync)
            .WithName("getModelSettings")
            .WithTags("Models")
            .WithSummary("Read the tenant's settings of models")
            .WithDescription("Models that may be asked for by name, required tags, cost caps, caches, the forced step of degradation. The revision is the ETag too. Admins only.")
            .Produces<ModelSettings>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/model-settings", (Delegate)SetAsync)
            .WithName("setModelSettings")
            .WithTags("Models")
            .WithSummary("Replace the tenant's settings of models")
            .WithDescription("Send the revision that was read, as If-Match or in the body; 409 when it is not the one that holds. In force on every server within two seconds. Admins only.")
            .Accepts<SetModelSettingsRequest>("application/json")
            .Produces<ModelSettings>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapPost("/model-settings/sources", (Delegate)BumpAsync)
            .WithName("bumpModelSource")
            .WithTags("Models")
            .WithSummary("Say that a source has changed")
            .WithDescription("Answers that were cached before are of no use where they rest on the source; the empty name stands for all. Admins only.")
            .Accepts<BumpModelSourceRequest>("application/json")
            .Produces<ModelSourceResource>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
    }

    private static async Task GetAsync(HttpContext context, IStewardModels models) => await WriteAsync(context, await models.For(Caller.Of(context).Identity).GetSettingsAsync(context.RequestAborted));

    private static async Task SetAsync(HttpContext context, [FromHeader(Name = "If-Match")] string? ifMatch, IStewardModels models, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelWireJson.Default.SetModelSettingsRequest, options.Value.MaxBodyBytes);
        var settings = new ModelSettings
        {
            Revision = RevisionOf(ifMatch, body.Revision),
            RequiredTags = body.RequiredTags,
            Models = body.Models,
            CostCaps = body.CostCaps,
            Caches = body.Caches,
            SemanticThreshold = body.SemanticThreshold,
            ForcedDegradation = body.ForcedDegradation,
            JudgesAnswers = body.JudgesAnswers,
            Providers = body.Providers,
        };
        await WriteAsync(context, await models.For(Caller.Of(context).Identity).SetSettingsAsync(settings, context.RequestAborted));
    }

    private static async Task BumpAsync(HttpContext context, IStewardModels models, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelWireJson.Default.BumpModelSourceRequest, options.Value.MaxBodyBytes);
        var version = await models.For(Caller.Of(context).Identity).BumpSourceAsync(body.Source, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new ModelSourceResource { Source = body.Source, Version = version }, ModelWireJson.Default.ModelSourceResource);
    }

    private static long RevisionOf(string? ifMatch, long? inBody)
    {
        if (string.IsNullOrEmpty(ifMatch))
        {
            return inBody ?? throw StewardException.Invalid("revision", "is required, here or as If-Match: read the settings first.");
        }

        if (!long.TryParse(ifMatch.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            throw StewardException.Invalid("If-Match", "must be the ETag of the settings that were read, such as \"3\".");
        }

        return inBody is null || inBody == revision ? revision : throw StewardException.Invalid("revision", "must be the same as in If-Match.");
    }

    private static Task WriteAsync(HttpContext context, ModelSettings settings)
    {
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{settings.Revision}\"");
        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, settings, ModelWireJson.Default.ModelSettings);
    }
}
