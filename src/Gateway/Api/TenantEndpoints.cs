using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Tenants;

namespace Steward.Gateway.Api;

/// <summary>What is configured for the caller's tenant.</summary>
internal static class TenantEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/tenant", (Delegate)GetAsync)
            .WithName("getTenant")
            .WithTags("Tenant")
            .WithSummary("Read the tenant's settings")
            .WithDescription("What the tenant decides itself, how long texts are kept and what a second message does, and what the operator decides: tier, weight and limits. Admins only.")
            .Produces<TenantResource>()
            .WithProblems(401, 403, 404, 429, 503);
        v1.MapPut("/tenant", (Delegate)SetAsync)
            .WithName("setTenant")
            .WithTags("Tenant")
            .WithSummary("Replace what the tenant decides itself")
            .WithDescription(
                "How long texts of runs and sessions are kept, and what a second message does while a run is active; what is left out becomes the default. A shorter time removes what is older within the next hours, for good. Idempotent. Admins only.")
            .Accepts<SetTenantRequest>("application/json")
            .Produces<TenantResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
    }

    private static async Task GetAsync(HttpContext context) => await WriteAsync(context, await Caller.Of(context).Client.Tenant.GetAsync(context.RequestAborted));

    private static async Task SetAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, TenantWireJson.Default.SetTenantRequest, options.Value.MaxBodyBytes);
        var preferences = new TenantPreferences { DoubleTexting = WireMapping.ToContract(body.DoubleTexting) ?? DoubleTexting.Enqueue, RetentionDays = body.RetentionDays };
        await WriteAsync(context, await Caller.Of(context).Client.Tenant.SetAsync(preferences, context.RequestAborted));
    }

    private static Task WriteAsync(HttpContext context, TenantProfile profile) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, TenantResource.Of(profile), TenantWireJson.Default.TenantResource);
}
