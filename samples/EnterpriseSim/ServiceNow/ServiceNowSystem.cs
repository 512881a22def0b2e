using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>The simulated ServiceNow: Table API and OAuth endpoint.</summary>
internal sealed partial class ServiceNowSystem : SimulatedSystem, IHasHooks, IHasDecisions, IHasTickets
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(1_799);
    private readonly Dictionary<string, (string User, DateTimeOffset Expires, bool Refresh)> tokens = [];
    private readonly RateWindow rate;
    private readonly string ruleId;

    public ServiceNowSystem(SimWorld world)
        : base(SimSystem.ServiceNow, world)
    {
        Store = new TableStore(world);
        new ServiceNowSeed(world, Store).Load();
        rate = new RateWindow(world.Time, world.Options.Limits.ServiceNowPerHour, TimeSpan.FromHours(1));
        ruleId = world.Ids.ServiceNow("rate-rule");
        var routes = new List<SimRoute> { new("POST", "/oauth_token.do", "token", Token) { Open = true, SecretForm = true } };
        routes.AddRange(
        [
            new("GET", "/api/sn_sc/servicecatalog/items/{itemId}", "getCatalogItem", GetItem),
            new("POST", "/api/sn_sc/servicecatalog/items/{itemId}/order_now", "orderNow", OrderItem),
            new("GET", "/api/sn_km_api/knowledge/articles", "searchArticles", SearchKnowledge),
            new("GET", "/api/sn_km_api/knowledge/articles/{id}", "getArticle", GetArticle),
        ]);
        foreach (var root in new[] { "/api/now", "/api/now/v1", "/api/now/v2" })
        {
            routes.AddRange(
            [
                new("GET", $"{root}/table/{{table}}", "listRecords", List),
                new("POST", $"{root}/table/{{table}}", "createRecord", Create),
                new("GET", $"{root}/table/{{table}}/{{id}}", "getRecord", Get),
                new("PATCH", $"{root}/table/{{table}}/{{id}}", "updateRecord", Update),
                new("PUT", $"{root}/table/{{table}}/{{id}}", "updateRecord", Update),
                new("DELETE", $"{root}/table/{{table}}/{{id}}", "deleteRecord", Delete),
            ]);
        }

        routes.AddRange(world.Identity.Routes);
        Routes = routes;
    }

    public override IReadOnlyList<SimRoute> Routes { get; }

    public TableStore Store { get; }

    public override Reply? Authenticate(Call call)
    {
        var credentials = World.Options.Credentials;
        if (call.Http.Request.Headers.TryGetValue("x-sn-apikey", out var key))
        {
            call.Caller = credentials.ServiceNowUser;
            return Secrets.Same(key, credentials.ServiceNowApiKey) ? null : Unauthorized(call);
        }

        if (Secrets.Basic(call.Authorization) is var (user, password))
        {
            call.Caller = user;
            return user == credentials.ServiceNowUser && Secrets.Same(password, credentials.ServiceNowPassword) ? null : Unauthorized(call);
        }

        if (Secrets.After(call.Authorization, "Bearer") is { } bearer && tokens.TryGetValue(bearer, out var token) && !token.Refresh && token.Expires > call.Now)
        {
            call.Caller = token.User;
            return null;
        }

        // A person's token of the identity provider that the instance trusts; the person's own access decides what it may.
        if (World.Identity.LoginOf(Secrets.After(call.Authorization, "Bearer"), Identity.IdentityProvider.ServiceNow, call.Now) is { } login && Store.FindBy("sys_user", "user_name", login) is not null)
        {
            call.Caller = login;
            return null;
        }

        return Unauthorized(call);
    }

    public override void ExpireTokens()
    {
        World.Identity.Expire(Identity.IdentityProvider.ServiceNow);
        foreach (var token in tokens.Where(t => !t.Value.Refresh).Select(t => t.Key).ToList())
        {
            tokens.Remove(token);
        }
    }

    public override RateReading CountRate(Call call) => rate.Count("table");

    public override Reply Unauthorized(Call call) => Error(401, "User Not Authenticated", "Required to provide Auth information")
        .With("WWW-Authenticate", "BASIC realm=\"Service-now\"");

    public override Reply UnknownPath(Call call) => Error(400, $"Requested URI does not represent any resource: {call.Path}", null);

    public override Reply MalformedJson(Call call, string detail) => Error(400, "Exception while reading request", $"The payload is not valid JSON: {detail}");

    public override Reply TooLarge(Call call) => Error(413, "Request too large", "The payload is larger than the allowed size");

    public override Reply RateLimited(Call call, int retryAfterSeconds)
    {
        call.Rate = new RateReading(rate.Limit, 0, call.Now.AddSeconds(retryAfterSeconds), false, rate.Limit);
        return Error(429, "Rate limit exceeded", "The number of requests of this user exceeds the allowed rate").With("Retry-After", retryAfterSeconds.Plain());
    }

    public override Reply ServerError(Call call, int status) => Error(status, "Transaction cancelled: maximum execution time exceeded", "Check logs for error trace or enable glide.rest.debug property to verify REST request processing");

    public override void Finish(Call call, Reply reply)
    {
        if (call.Rate is { } reading)
        {
            reply.With("X-RateLimit-Limit", reading.Limit.Plain())
                .With("X-RateLimit-Reset", reading.Reset.ToUnixTimeSeconds().Plain())
                .With("X-RateLimit-Rule", ruleId);
        }

        reply.With("X-Is-Logged-In", call.Caller.Length > 0 ? "true" : "false");
    }

    private static Reply Error(int status, string message, string? detail) => new(status, new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = message, ["detail"] = detail },
        ["status"] = "failure",
    });

    private static ReplyException Fail(int status, string message, string? detail) => new(Error(status, message, detail));

    private Reply Token(Call call)
    {
        var form = call.Form;
        var credentials = World.Options.Credentials;
        if (form["client_id"] != credentials.ServiceNowClientId || !Secrets.Same(form["client_secret"], credentials.ServiceNowClientSecret))
        {
            return OAuthError("invalid_client", "access_denied");
        }

        string? user = form["grant_type"].ToString() switch
        {
            "password" when form["username"] == credentials.ServiceNowUser && Secrets.Same(form["password"], credentials.ServiceNowPassword) => credentials.ServiceNowUser,
            "client_credentials" => credentials.ServiceNowUser,
            "refresh_token" when tokens.TryGetValue(form["refresh_token"].ToString(), out var old) && old.Refresh && old.Expires > call.Now => old.User,
            _ => null,
        };
        if (user is null)
        {
            return OAuthError("server_error", "access_denied");
        }

        foreach (var expired in tokens.Where(t => t.Value.Expires <= call.Now).Select(t => t.Key).ToList())
        {
            tokens.Remove(expired);
        }

        var access = World.Ids.Text(World.Ids.Fresh("access"), 86);
        tokens[access] = (user, call.Now + TokenLife, false);
        World.Issued.Add(access);
        var body = new JsonObject { ["access_token"] = access };
        if (form["grant_type"] != "client_credentials")
        {
            var refresh = form["grant_type"] == "refresh_token" ? form["refresh_token"].ToString() : World.Ids.Text(World.Ids.Fresh("refresh"), 86);
            tokens[refresh] = (user, call.Now.AddDays(100), true);
            World.Issued.Add(refresh);
            body["refresh_token"] = refresh;
        }

        body["scope"] = "useraccount";
        body["token_type"] = "Bearer";
        body["expires_in"] = (int)TokenLife.TotalSeconds;
        return Reply.Ok(body);
    }

    private static Reply OAuthError(string error, string description) =>
        new(401, new JsonObject { ["error_description"] = description, ["error"] = error });
}
