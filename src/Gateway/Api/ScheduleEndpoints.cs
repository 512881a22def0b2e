using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>Messages that are handed in at set times.</summary>
internal static class ScheduleEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/schedules", (Delegate)CreateAsync)
            .WithName("createSchedule")
            .WithTags("Schedules")
            .WithSummary("Create a schedule")
            .WithDescription(
                "Hands in a message at the times of a cron line, in the name of the caller and with the roles that the caller has now. Idempotent by id. "
                + "A line without any time is refused with the code schedule_never_fires; too many schedules with limit_reached.")
            .Accepts<CreateScheduleRequest>("application/json")
            .Produces<ScheduleResource>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/schedules", (Delegate)ListAsync)
            .WithName("listSchedules")
            .WithTags("Schedules")
            .WithSummary("List schedules")
            .WithDescription("A page of the caller's schedules, or of the tenant's own, by id. Follow nextAfterId for the next page.")
            .Produces<ScheduleListResource>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/schedules/{scheduleId}", (Delegate)GetAsync)
            .WithName("getSchedule")
            .WithTags("Schedules")
            .WithSummary("Read a schedule")
            .WithDescription("The schedule, when it fires next and what became of its last times.")
            .Produces<ScheduleResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/schedules/{scheduleId}/pause", (HttpContext context, string scheduleId) => SetPausedAsync(context, scheduleId, paused: true))
            .WithName("pauseSchedule")
            .WithTags("Schedules")
            .WithSummary("Pause a schedule")
            .WithDescription("It does not fire until it is resumed. Idempotent.")
            .Produces<ScheduleResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/schedules/{scheduleId}/resume", (HttpContext context, string scheduleId) => SetPausedAsync(context, scheduleId, paused: false))
            .WithName("resumeSchedule")
            .WithTags("Schedules")
            .WithSummary("Resume a schedule")
            .WithDescription("It fires again from its next time on; what was missed meanwhile is not made up for. Idempotent.")
            .Produces<ScheduleResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/schedules/{scheduleId}/run", (Delegate)RunAsync)
            .WithName("runSchedule")
            .WithTags("Schedules")
            .WithSummary("Fire a schedule by hand")
            .WithDescription("Starts a run now, whatever the line says, also while the schedule is paused. Idempotent by operation id. The body may be left out.")
            .Accepts<RunScheduleRequest>(isOptional: true, "application/json")
            .Produces<ScheduleFireResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapDelete("/schedules/{scheduleId}", (Delegate)DeleteAsync)
            .WithName("deleteSchedule")
            .WithTags("Schedules")
            .WithSummary("Delete a schedule")
            .WithDescription("Runs that it started go on. Its id is not used again. Idempotent.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 429, 503);
    }

    private static async Task CreateAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, AutomationWireJson.Default.CreateScheduleRequest, options.Value.MaxBodyBytes);
        var schedule = await Caller.Of(context).Client.Schedules.CreateAsync(
            AutomationWireMapping.ToContract(body),
            body.ScheduleId,
            AutomationWireMapping.IsTenantWide(body),
            context.RequestAborted);
        context.Response.Headers.Location = $"/v1/schedules/{schedule.ScheduleId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status201Created, AutomationWireMapping.ToResource(schedule), AutomationWireJson.Default.ScheduleResource);
    }

    private static async Task ListAsync(HttpContext context, [FromQuery] string? scope, [FromQuery] string? afterId, [FromQuery] string? limit)
    {
        var tenantWide = scope switch
        {
            null or "" or "user" => false,
            "tenant" => true,
            _ => throw StewardException.Invalid("scope", "must be user or tenant."),
        };
        var page = await Caller.Of(context).Client.Schedules.ListAsync(
            tenantWide,
            string.IsNullOrEmpty(afterId) ? null : afterId,
            QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize),
            context.RequestAborted);
        var resource = new ScheduleListResource { Schedules = [.. page.Schedules.Select(AutomationWireMapping.ToResource)], NextAfterId = page.NextAfterId };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, AutomationWireJson.Default.ScheduleListResource);
    }

    private static async Task GetAsync(HttpContext context, string scheduleId)
    {
        var schedule = await Caller.Of(context).Client.Schedules.GetAsync(scheduleId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, AutomationWireMapping.ToResource(schedule), AutomationWireJson.Default.ScheduleResource);
    }

    private static async Task SetPausedAsync(HttpContext context, string scheduleId, bool paused)
    {
        var schedule = await Caller.Of(context).Client.Schedules.SetPausedAsync(scheduleId, paused, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, AutomationWireMapping.ToResource(schedule), AutomationWireJson.Default.ScheduleResource);
    }

    private static async Task RunAsync(HttpContext context, string scheduleId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, AutomationWireJson.Default.RunScheduleRequest, options.Value.MaxBodyBytes, whenAbsent: new RunScheduleRequest());
        var fire = await Caller.Of(context).Client.Schedules.RunNowAsync(scheduleId, body.OperationId, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/runs/{fire.RunId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, AutomationWireMapping.ToResource(fire), AutomationWireJson.Default.ScheduleFireResource);
    }

    private static async Task DeleteAsync(HttpContext context, string scheduleId)
    {
        await Caller.Of(context).Client.Schedules.DeleteAsync(scheduleId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
