using Steward.Client.Http;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>The caller.</summary>
internal static class CallerEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/me", (Delegate)GetAsync)
            .WithName("getCaller")
            .WithTags("Caller")
            .WithSummary("Who am I")
            .WithDescription("The person or service account behind the credentials.")
            .Produces<CallerResource>()
            .WithProblems(401, 429, 503);

    private static Task GetAsync(HttpContext context)
    {
        var identity = Caller.Of(context).Identity;
        var resource = new CallerResource
        {
            TenantId = identity.TenantId,
            UserId = identity.UserId,
            Roles = identity.Roles,
            Name = identity.Name,
            Email = identity.Email,
        };
        return JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, StewardWireJson.Default.CallerResource);
    }
}
