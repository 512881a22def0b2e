using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Triage;

namespace Steward.Gateway.Api;

/// <summary>From where on triage routes tickets, apart from all other settings.</summary>
internal static class TriageThresholdEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/triage/thresholds", (Delegate)GetAsync)
            .WithName("getTriageThresholds")
            .WithTags("Triage")
            .WithSummary("Read the thresholds")
            .WithDescription("Those that hold now, who says so, and, where they were tuned with the head that answers, which share of tickets they let through and how many of these were right. Admins and auditors.")
            .Produces<TriageThresholdsResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/triage/thresholds", (Delegate)SetAsync)
            .WithName("setTriageThresholds")
            .WithTags("Triage")
            .WithSummary("Set the thresholds")
            .WithDescription("All other settings stay. A threshold that is left out is tuned to the wanted precision with each training. 409 when version is not the one of the settings that hold. Admins only.")
            .Accepts<SetTriageThresholdsRequest>("application/json")
            .Produces<TriageThresholdsResource>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
    }

    private static async Task GetAsync(HttpContext context) => await WriteAsync(context, await Caller.Of(context).Client.Triage.GetSettingsAsync(context.RequestAborted));

    private static async Task SetAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.SetTriageThresholdsRequest, options.Value.MaxBodyBytes);
        var triage = Caller.Of(context).Client.Triage;
        var settings = await triage.GetSettingsAsync(context.RequestAborted);
        if (body.Version != settings.Version)
        {
            throw new StewardException(ErrorCodes.Conflict, $"version: the settings are at {settings.Version}; read them again.") { Field = "version" };
        }

        await WriteAsync(context, await triage.SetSettingsAsync(TriageWireMapping.ToContract(body, settings), context.RequestAborted));
    }

    private static async Task WriteAsync(HttpContext context, TriageSettings settings)
    {
        var triage = Caller.Of(context).Client.Triage;
        var report = await triage.GetReportAsync(1, context.RequestAborted);
        var heads = await triage.GetHeadsAsync(context.RequestAborted);
        var head = settings.AutoRouteAt is null ? heads.Heads.FirstOrDefault(head => string.Equals(head.Version, heads.Current, StringComparison.Ordinal)) : null;
        var resource = new TriageThresholdsResource
        {
            Version = settings.Version,
            WantedPrecision = settings.WantedPrecision,
            AutoRouteAt = report.AutoRouteAt,
            ReviewAt = report.ReviewAt,
            From = settings.AutoRouteAt is not null ? "settings" : heads.Current is not null ? "head" : "base",
            AutoRouteCoverage = head?.AutoRouteCoverage,
            AutoRoutePrecision = head?.AutoRoutePrecision,
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, TriageWireJson.Default.TriageThresholdsResource);
    }
}
