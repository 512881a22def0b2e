using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>The simulator's own API on each server under <c>/__sim/</c>: recorded calls, faults, mail. Guarded by the control token.</summary>
internal sealed class ControlApi(SimulatedSystem system, SimWorld world)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };
    private const int LongestGraceSeconds = 86_400;

    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(world.Options.Credentials.ControlToken));

    public void Map(WebApplication app)
    {
        var control = app.MapGroup("/__sim").AddEndpointFilter(async (context, next) =>
            Allowed(context.HttpContext) ? await next(context) : Results.Json(new { error = "The header X-Sim-Token must hold the control token." }, statusCode: 401));
        control.MapGet("/calls", (long? after) => Results.Json(
            new { calls = world.Calls.Snapshot().Where(c => c.System == system.System && c.Sequence > (after ?? 0)) }, Json));
        control.MapDelete("/calls", () =>
        {
            world.Calls.Clear();
            return Results.NoContent();
        });
        control.MapGet("/faults", () => Results.Json(new { faults = world.Faults.Snapshot().Where(f => f.System is null || f.System == system.System) }, Json));
        control.MapDelete("/faults", () =>
        {
            world.Faults.Clear(system.System);
            return Results.NoContent();
        });
        control.MapPost("/faults", (Delegate)PlanFaultAsync);
        control.MapPost("/tokens/expire", () =>
        {
            lock (system.Gate)
            {
                system.ExpireTokens();
            }

            return Results.NoContent();
        });
        if (system is IHasTokens { Tokens: var tokens })
        {
            control.MapGet("/tokens", () =>
            {
                lock (system.Gate)
                {
                    return Results.Json(new { refreshed = tokens.Refreshed, repeated = tokens.Repeated, reused = tokens.Reused }, Json);
                }
            });
            control.MapPut("/tokens", async (HttpContext http) =>
            {
                if (await ReadAsync<Rotation>(http) is not { GraceSeconds: >= 0 and <= LongestGraceSeconds } rotation)
                {
                    return Invalid("Refresh tokens have singleUse and, where a used one is good a little longer, graceSeconds.");
                }

                lock (system.Gate)
                {
                    (tokens.SingleUse, tokens.Grace) = (rotation.SingleUse, TimeSpan.FromSeconds(rotation.GraceSeconds));
                }

                return Results.NoContent();
            });
        }

        if (system is IHasHooks hooks)
        {
            control.MapGet("/events", () => Results.Json(new { events = world.Hooks.Snapshot().Where(e => e.System == system.System) }, Json));
            control.MapPost("/events", async (HttpContext http) => await ReadAsync<PlannedEvent>(http) is { } planned ? Emit(hooks, planned) : Invalid("An event has type and content."));
            control.MapPost("/hooks", async (HttpContext http) => await ReadAsync<Receiver>(http) is { } receiver
                ? await SubscribeAsync(hooks, receiver, http.RequestAborted)
                : Invalid("A receiver has url and, where the product wants one, secret."));
        }

        if (system is IHasClicks chat)
        {
            MapClicks(control, chat);
        }

        if (system is IHasDecisions deciding)
        {
            control.MapPost("/decisions", async (HttpContext http) => await ReadAsync<SimDecision>(http) is { } decision
                ? Decide(deciding, decision)
                : Invalid("A decision has user, record, decision and, where the person writes one, comment."));
        }

        if (system is IHasTickets tickets)
        {
            control.MapPost("/tickets", async (HttpContext http) => await ReadAsync<SimEdit>(http) is { } edit
                ? Edit(tickets, edit)
                : Invalid("A ticket has user, values and, where it is changed, record."));
        }

        if (system is IHasAbsences absences)
        {
            control.MapPost("/absences", async (HttpContext http) => await ReadAsync<PlannedAbsence>(http) is { } planned
                ? Put(absences, planned)
                : Invalid("An absence has email, from and, where it ends, until; without from the person is back."));
        }

        if (system is Smtp.SmtpSystem smtp)
        {
            control.MapGet("/mail", () => Results.Json(new { mail = smtp.Received() }, Json));
        }

        if (system is IHasMail mailing)
        {
            control.MapGet("/mail", () => Results.Json(new { mail = mailing.Mail() }, Json));
        }
    }

    private static void MapClicks(RouteGroupBuilder control, IHasClicks chat)
    {
        control.MapGet("/messages", (string user) => Results.Json(new { messages = chat.MessagesTo(user) }, Json));
        control.MapPost("/clicks", async (HttpContext http) => await ReadAsync<SimClick>(http) is { } click
            ? Results.Json(await chat.ClickAsync(click, http.RequestAborted), Json)
            : Invalid("A click has user, conversation, message and action, and for one on a message that has changed since, value."));
        control.MapPut("/clicks-url", async (HttpContext http) =>
        {
            if (await ReadAsync<Receiver>(http) is not { } receiver || !Uri.TryCreate(receiver.Url, UriKind.Absolute, out var url) || !url.IsLoopback || url.Scheme is not ("http" or "https"))
            {
                return Invalid("The url must be an http address on this machine.");
            }

            chat.ClicksUrl = url;
            return Results.NoContent();
        });
        if (chat is Slack.SlackSystem slack)
        {
            control.MapGet("/ephemerals", () => Results.Json(new { ephemerals = slack.Ephemerals() }, Json));
        }
    }

    private IResult Decide(IHasDecisions deciding, SimDecision decision)
    {
        lock (system.Gate)
        {
            return deciding.Decide(decision) is { } problem ? Invalid(problem) : Results.NoContent();
        }
    }

    private IResult Edit(IHasTickets tickets, SimEdit edit)
    {
        lock (system.Gate)
        {
            var (record, problem) = tickets.Edit(edit);
            return problem is null ? Results.Json(new { record }, Json) : Invalid(problem);
        }
    }

    private IResult Emit(IHasHooks hooks, PlannedEvent planned)
    {
        lock (system.Gate)
        {
            hooks.Emit(planned.Type, planned.Content, world.Time.GetUtcNow());
        }

        return Results.StatusCode(202);
    }

    private static async Task<IResult> SubscribeAsync(IHasHooks hooks, Receiver receiver, CancellationToken cancellationToken)
    {
        // Simulated events go nowhere but to this machine.
        if (!Uri.TryCreate(receiver.Url, UriKind.Absolute, out var url) || !url.IsLoopback || url.Scheme is not ("http" or "https"))
        {
            return Invalid("The url must be an http address on this machine.");
        }

        return await hooks.SubscribeAsync(url, receiver.Secret, cancellationToken) is { } problem ? Invalid(problem) : Results.StatusCode(201);
    }

    private static IResult Invalid(string message) => Results.Json(new { error = message }, statusCode: 400);

    private static async Task<T?> ReadAsync<T>(HttpContext http)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Json, http.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IResult Put(IHasAbsences absences, PlannedAbsence planned)
    {
        lock (system.Gate)
        {
            return absences.PutAway(planned.Email, planned.From is { } from ? (from, planned.Until) : null) ? Results.NoContent() : Invalid("Nobody has this mail address.");
        }
    }

    private sealed record PlannedAbsence(string Email, DateTimeOffset? From = null, DateTimeOffset? Until = null);

    private sealed record PlannedEvent(string Type, JsonObject Content);

    private sealed record Rotation(bool SingleUse, int GraceSeconds = 0);

    private sealed record Receiver(string Url, string? Secret = null);

    private async Task<IResult> PlanFaultAsync(HttpContext http)
    {
        try
        {
            var fault = await JsonSerializer.DeserializeAsync<SimFault>(http.Request.Body, Json, http.RequestAborted)
                ?? throw new JsonException("The body is empty.");
            world.Faults.Add(fault with { System = system.System });
            return Results.StatusCode(201);
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return Results.Json(new { error = e.Message }, statusCode: 400);
        }
    }

    private bool Allowed(HttpContext http) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Headers["X-Sim-Token"].ToString())), expected);
}

/// <summary>A system that gives out rotating tokens.</summary>
internal interface IHasTokens
{
    TokenBook Tokens { get; }
}

/// <summary>A system that knows who is out of office.</summary>
internal interface IHasAbsences
{
    /// <summary>Says that somebody is out of office, or back.</summary>
    /// <returns>Whether there is such a person.</returns>
    bool PutAway(string email, (DateTimeOffset From, DateTimeOffset? Until)? away);
}

/// <summary>A system that sends mail to people.</summary>
internal interface IHasMail
{
    IReadOnlyList<SentMail> Mail();
}
