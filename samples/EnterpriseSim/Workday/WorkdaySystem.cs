using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

/// <summary>The simulated Workday: dialect of answers, errors and pages. The operations are in the other parts.</summary>
internal sealed partial class WorkdaySystem : SimulatedSystem, IHasTokens, IHasHooks
{
    private const int LargestPage = 100;
    private readonly RateWindow rate;

    public WorkdaySystem(SimWorld world)
        : base(SimSystem.Workday, world)
    {
        Tenant = new WorkdayTenant(world);
        Tokens = new TokenBook(world, "", "", TimeSpan.FromHours(4), singleUse: false);
        rate = new RateWindow(world.Time, world.Options.Limits.WorkdayPerSecond, TimeSpan.FromSeconds(1));
        const string core = "/ccx/api/v1/{tenant}";
        const string absence = "/ccx/api/absenceManagement/v1/{tenant}";
        Routes =
        [
            new("GET", "/{tenant}/authorize", "authorize", Authorize) { Open = true },
            new("POST", "/ccx/oauth2/{tenant}/token", "token", Token) { Open = true, SecretForm = true },
            new("GET", $"{core}/workers", "listWorkers", ListWorkers),
            new("GET", $"{core}/workers/me", "getMe", GetMe),
            new("GET", $"{core}/workers/{{id}}", "getWorker", GetWorker),
            new("GET", $"{core}/workers/{{id}}/directReports", "listDirectReports", ListDirectReports),
            new("GET", $"{core}/workers/{{id}}/paySlips", "listPaySlips", ListPaySlips),
            new("GET", $"{core}/workers/{{id}}/timeOffEntries", "listTimeOffEntries", ListTimeOff),
            new("GET", $"{core}/supervisoryOrganizations", "listOrganizations", ListOrganizations),
            new("GET", $"{core}/supervisoryOrganizations/{{id}}", "getOrganization", GetOrganization),
            new("GET", $"{core}/supervisoryOrganizations/{{id}}/workers", "listOrganizationWorkers", ListOrganizationWorkers),
            new("GET", $"{core}/workers/{{id}}/inboxTasks", "listInboxTasks", ListTasks),
            new("POST", $"{core}/inboxTasks/{{taskId}}/approval", "approveTask", call => Decide(call, approve: true)),
            new("POST", $"{core}/inboxTasks/{{taskId}}/denial", "denyTask", call => Decide(call, approve: false)),
            new("GET", $"{absence}/balances", "listBalances", ListBalances),
            new("GET", $"{absence}/workers/{{id}}/eligibleAbsenceTypes", "listAbsenceTypes", ListTypes),
            new("POST", $"{absence}/workers/{{id}}/requestTimeOff", "requestTimeOff", RequestTimeOff),
            new("GET", "/ccx/api/wql/v1/{tenant}/data", "wql", Wql),
            new("GET", "/ccx/service/customreport2/{tenant}/{owner}/{report}", "report", Report),
        ];
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public WorkdayTenant Tenant { get; }

    public TokenBook Tokens { get; }

    public override void ExpireTokens() => Tokens.Expire();

    /// <summary>REST takes bearer tokens only; reports take the integration user's password too.</summary>
    public override Reply? Authenticate(Call call)
    {
        var credentials = World.Options.Credentials;
        if (!call.Route("tenant").Equals(credentials.WorkdayTenant, StringComparison.OrdinalIgnoreCase))
        {
            return Error(404, "Tenant not found.");
        }

        if (call.Operation == "report" && Secrets.Basic(call.Authorization) is var (user, password))
        {
            call.Caller = user;
            return user == credentials.WorkdayUser && Secrets.Same(password, credentials.WorkdayPassword) ? null : Unauthorized(call);
        }

        call.Caller = Tokens.SubjectOf(Secrets.After(call.Authorization, "Bearer"), call.Now) ?? "";
        return call.Caller.Length > 0 ? null : Unauthorized(call);
    }

    public override RateReading CountRate(Call call) => rate.Count("tenant");

    public override Reply Unauthorized(Call call) => call.Operation == "token"
        ? OAuthError("invalid_grant")
        : Error(401, "invalid request: not authorized").With("WWW-Authenticate", "Bearer realm=\"workday\", error=\"invalid_token\"");

    public override Reply UnknownPath(Call call) => Error(404, "not found", $"Could not find resource for full path: {call.BaseUrl}{call.Path}");

    public override Reply MalformedJson(Call call, string detail) => Error(400, "invalid request: unable to parse JSON", $"Invalid JSON at {detail}");

    public override Reply TooLarge(Call call) => Error(413, "request too large");

    public override Reply RateLimited(Call call, int retryAfterSeconds) => Error(429, "Too many requests").With("Retry-After", retryAfterSeconds.Plain());

    public override Reply ServerError(Call call, int status) => Error(status, "Internal server error");

    public override void Finish(Call call, Reply reply) => reply.With("X-WD-Request-Id", World.Ids.Workday(World.Ids.Fresh("request"))).With("Cache-Control", "no-store");

    private static Reply Error(int status, string error, params string[] details)
    {
        var body = new JsonObject { ["error"] = error };
        if (details.Length > 0)
        {
            body["errors"] = new JsonArray([.. details.Select(d => new JsonObject { ["error"] = d })]);
        }

        return new Reply(status, body);
    }

    private static ReplyException Fail(int status, string error, params string[] details) => new(Error(status, error, details));

    private static ReplyException Invalid(string detail) => Fail(400, "Validation error occurred.", detail);

    private static string RootOf(Call call) => $"{call.BaseUrl}/ccx/api/v1/{call.Route("tenant")}";

    private Person WorkerOf(Call call) => Tenant.Find(call.Route("id")) ?? throw Fail(404, "invalid request: instance not found", $"The Workday id {call.Route("id")} is not valid for the type worker.");

    /// <summary>A page with the number of all.</summary>
    private static Reply Page(Call call, IEnumerable<JsonObject> items)
    {
        if (call.QueryNumber("limit", 20) is not ({ } limit and > 0 and <= LargestPage) || call.QueryNumber("offset", 0) is not ({ } offset and >= 0))
        {
            throw Fail(400, "invalid request: query parameter", $"limit must be from 1 to {LargestPage.Plain()} and offset at least 0.");
        }

        var all = items.ToList();
        return Reply.Ok(new JsonObject { ["total"] = all.Count, ["data"] = new JsonArray([.. all.Skip(offset).Take(limit)]) });
    }
}
