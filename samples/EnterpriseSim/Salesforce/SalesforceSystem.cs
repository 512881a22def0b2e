using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>The simulated Salesforce: dialect of answers, errors and limits. The operations are in the other parts.</summary>
internal sealed partial class SalesforceSystem : SimulatedSystem, IHasTokens, IHasHooks
{
    private static readonly string[] Versions = ["60.0", "61.0", "62.0", "63.0"];
    private readonly RateWindow rate;
    private readonly string organization;
    private readonly string integration;

    public SalesforceSystem(SimWorld world)
        : base(SimSystem.Salesforce, world)
    {
        Org = new SalesforceOrg(world);
        integration = new SalesforceSeed(world, Org).Load();
        organization = world.Ids.Salesforce("00D", "acme");
        Tokens = new TokenBook(world, $"{organization[..15]}!", "5Aep861", SessionLife, singleUse: false);
        rate = new RateWindow(world.Time, world.Options.Limits.SalesforcePerDay, TimeSpan.FromHours(24));
        const string root = "/services/data/v{version}";
        Routes =
        [
            new("GET", "/services/oauth2/authorize", "authorize", Authorize) { Open = true },
            new("POST", "/services/oauth2/token", "token", Token) { Open = true, SecretForm = true },
            new("POST", "/services/oauth2/revoke", "revoke", Revoke) { Open = true, SecretForm = true },
            new("GET", "/services/data", "listVersions", ListVersions) { Open = true },
            new("GET", root, "listResources", ListResources),
            new("GET", $"{root}/limits", "limits", GetLimits),
            new("GET", $"{root}/query", "query", Query),
            new("GET", $"{root}/query/{{locator}}", "queryMore", QueryMore),
            new("GET", $"{root}/sobjects", "describeGlobal", DescribeGlobal),
            new("GET", $"{root}/sobjects/{{type}}/describe", "describe", Describe),
            new("POST", $"{root}/sobjects/{{type}}", "create", Create),
            new("GET", $"{root}/sobjects/{{type}}/{{id}}", "retrieve", Retrieve),
            new("PATCH", $"{root}/sobjects/{{type}}/{{id}}", "update", Update),
            new("DELETE", $"{root}/sobjects/{{type}}/{{id}}", "delete", Delete),
            new("GET", $"{root}/sobjects/{{type}}/{{field}}/{{value}}", "retrieveByExternalId", RetrieveByExternalId),
            new("PATCH", $"{root}/sobjects/{{type}}/{{field}}/{{value}}", "upsert", Upsert),
            .. world.Identity.Routes,
        ];
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public SalesforceOrg Org { get; }

    public TokenBook Tokens { get; }

    public override Reply? Authenticate(Call call)
    {
        var token = Secrets.After(call.Authorization, "Bearer") ?? Secrets.After(call.Authorization, "OAuth");
        call.Caller = Tokens.SubjectOf(token, call.Now) ?? "";
        return call.Caller.Length > 0 ? null : Unauthorized(call);
    }

    public override void ExpireTokens() => Tokens.Expire();

    public override RateReading CountRate(Call call) => rate.Count("org");

    public override Reply Unauthorized(Call call) => call.Operation == "token"
        ? OAuthError("invalid_grant", "expired access/refresh token")
        : Error(401, "INVALID_SESSION_ID", "Session expired or invalid").With("WWW-Authenticate", "Token");

    public override Reply UnknownPath(Call call) => Error(404, "NOT_FOUND", "The requested resource does not exist");

    public override Reply MalformedJson(Call call, string detail) => Error(400, "JSON_PARSER_ERROR", $"Unexpected character or end of input at {detail}");

    public override Reply TooLarge(Call call) => Error(413, "REQUEST_ENTITY_TOO_LARGE", "The request entity is too large");

    /// <summary>The daily pool is used up: the product says 403, and no header says for how long.</summary>
    public override Reply RateLimited(Call call, int retryAfterSeconds)
    {
        call.Rate = new RateReading(rate.Limit, 0, call.Now.AddSeconds(retryAfterSeconds), false, rate.Limit);
        return Error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }

    public override Reply ServerError(Call call, int status) => status == 503
        ? Error(status, "SERVER_UNAVAILABLE", "The server is unavailable")
        : Error(status, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support");

    public override void Finish(Call call, Reply reply)
    {
        if (call.Rate is { } reading && call.Operation is not ("authorize" or "token" or "revoke" or "listVersions"))
        {
            reply.With("Sforce-Limit-Info", $"api-usage={reading.Used.Plain()}/{reading.Limit.Plain()}");
        }
    }

    private static Reply Error(int status, string code, string message, params string[] fields)
    {
        var error = new JsonObject { ["message"] = message, ["errorCode"] = code };
        if (fields.Length > 0)
        {
            error["fields"] = new JsonArray([.. fields]);
        }

        return new Reply(status, new JsonArray(error));
    }

    private static Reply Error(IEnumerable<SalesforceProblem> problems) => new(400, new JsonArray([.. problems.Select(p => new JsonObject
    {
        ["message"] = p.Message, ["errorCode"] = p.Code, ["fields"] = new JsonArray([.. p.Fields]),
    })]));

    private static ReplyException Fail(int status, string code, string message) => new(Error(status, code, message));

    private static string RootOf(Call call) => Versions.Contains(call.Route("version"))
        ? $"/services/data/v{call.Route("version")}"
        : throw Fail(404, "NOT_FOUND", "The requested resource does not exist");

    private static SalesforceSchema SchemaOf(Call call)
    {
        RootOf(call);
        return SalesforceSchema.All.GetValueOrDefault(call.Route("type")) ?? throw Fail(404, "NOT_FOUND", "The requested resource does not exist");
    }

    private static Reply ListVersions(Call call) => Reply.Ok(new JsonArray([.. Versions.Select((v, i) => new JsonObject
    {
        ["label"] = $"{(i % 3) switch { 0 => "Spring", 1 => "Summer", _ => "Winter" }} '{(24 + ((i + 1) / 3)).Plain()}", ["url"] = $"/services/data/v{v}", ["version"] = v,
    })]));

    private static Reply ListResources(Call call)
    {
        var root = RootOf(call);
        return Reply.Ok(new JsonObject { ["limits"] = $"{root}/limits", ["query"] = $"{root}/query", ["sobjects"] = $"{root}/sobjects" });
    }

    private Reply GetLimits(Call call)
    {
        RootOf(call);
        var reading = call.Rate!.Value;
        return Reply.Ok(new JsonObject { ["DailyApiRequests"] = new JsonObject { ["Max"] = reading.Limit, ["Remaining"] = reading.Remaining } });
    }
}
