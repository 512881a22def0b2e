using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>OAuth 2.0 (3LO) with rotating refresh tokens, and webhooks.</summary>
internal sealed partial class JiraSystem
{
    /// <summary>The site's id in addresses such as <c>api.atlassian.com/ex/jira/{cloud id}</c>.</summary>
    private const string CloudId = "11223344-a1b2-4b33-c444-def123456789";

    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)];
    private readonly List<HookReceiver> receivers = [];

    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (call.Query("client_id") != World.Options.Credentials.JiraClientId || call.Query("audience") != "api.atlassian.com" || !Uri.TryCreate(redirect, UriKind.Absolute, out _))
        {
            return OAuthError(400, "invalid_request", "The client, the audience or the redirect address is wrong.");
        }

        return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}code={Tokens.Code("integration", redirect, call.Query("code_challenge"))}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
    }

    private Reply Token(Call call)
    {
        var credentials = World.Options.Credentials;
        string? Given(string name) => call.Json.Text(name) ?? (call.Form.TryGetValue(name, out var value) ? value.ToString() : null);
        if (Given("client_id") != credentials.JiraClientId || !Secrets.Same(Given("client_secret"), credentials.JiraClientSecret))
        {
            return OAuthError(401, "access_denied", "Unauthorized");
        }

        var pair = Given("grant_type") switch
        {
            "authorization_code" => Tokens.Redeem(Given("code") ?? "", Given("redirect_uri") ?? "", Given("code_verifier"), call.Now),
            "refresh_token" => Tokens.Refresh(Given("refresh_token") ?? "", call.Now),
            _ => null,
        };
        return pair is null
            ? OAuthError(403, Given("grant_type") == "refresh_token" ? "unauthorized_client" : "invalid_grant", Given("grant_type") == "refresh_token" ? "refresh_token is invalid" : "Invalid authorization code")
            : Reply.Ok(new JsonObject
            {
                ["access_token"] = pair.Access, ["refresh_token"] = pair.Refresh, ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds, ["token_type"] = "Bearer",
                ["scope"] = "read:jira-work write:jira-work read:jira-user offline_access",
            });
    }

    private static Reply OAuthError(int status, string error, string description) => new(status, new JsonObject { ["error"] = error, ["error_description"] = description });

    private static Reply AccessibleResources(Call call) => Reply.Ok(new JsonArray(new JsonObject
    {
        ["id"] = CloudId, ["url"] = "https://acme.atlassian.net", ["name"] = "acme", ["scopes"] = new JsonArray("read:jira-work", "write:jira-work", "read:jira-user"),
    }));

    /// <summary>Receivers are not asked before they get events.</summary>
    public Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(secret))
        {
            return Task.FromResult<string?>("A webhook needs a secret to sign with.");
        }

        lock (Gate)
        {
            receivers.Add(new HookReceiver(url, secret));
        }

        return Task.FromResult<string?>(null);
    }

    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var body = HookDialect.With("webhookEvent", type, content);
        body["timestamp"] ??= now.ToUnixTimeMilliseconds();
        var (text, id) = (body.ToJsonString(), World.Ids.Guid(World.Ids.Fresh("webhook")));
        foreach (var receiver in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = receiver.Url, AnswerWithin = AnswerWithin, Retries = Waits,
                Request = (attempt, _) =>
                {
                    var request = HookDialect.WithSignature(receiver, "X-Hub-Signature", text);
                    request.Headers.Add("X-Atlassian-Webhook-Identifier", id);
                    if (attempt > 1)
                    {
                        request.Headers.Add("X-Atlassian-Webhook-Retry", (attempt - 1).Plain());
                    }

                    return request;
                },
            });
        }
    }

    /// <summary>Tells receivers what a call changed.</summary>
    private void Tell(Call call, Reply reply)
    {
        var key = call.Operation == "createIssue" ? (reply.Body as JsonObject)?.Text("key") : call.Route("key");
        if (receivers.Count == 0 || Site.Find(key ?? "") is not { } issue)
        {
            return;
        }

        var content = new JsonObject { ["user"] = Site.Integration.Render(call.BaseUrl), ["issue"] = issue.Render(call.BaseUrl, ["*all"]) };
        if (call.Operation == "addComment")
        {
            content["comment"] = reply.Body?.DeepClone();
        }

        if (call.Operation == "doTransition")
        {
            content["changelog"] = ChangelogOf(issue.Changes[^1]);
        }

        Emit(call.Operation switch { "createIssue" => "jira:issue_created", "addComment" => "comment_created", _ => "jira:issue_updated" }, content, call.Now);
    }

    /// <summary>A person moves an issue to another status of its workflow.</summary>
    public string? Decide(SimDecision decision)
    {
        if (Site.Find(decision.Record) is not { } issue || Site.Account(World.Ids.JiraAccount(decision.User)) is not { } person)
        {
            return "There is no such issue, or no such person.";
        }

        if (issue.Type.Workflow.FirstOrDefault(status => status.Name == decision.Decision && status != issue.Status) is not { } status)
        {
            return $"From {issue.Status.Name} the issue can be moved to {string.Join(", ", issue.Type.Workflow.Where(status => status != issue.Status).Select(status => status.Name))}.";
        }

        var now = World.Time.GetUtcNow();
        var change = Move(issue, status, person, now);
        Emit("jira:issue_updated", new JsonObject { ["user"] = person.Render(""), ["issue"] = issue.Render("", ["*all"]), ["changelog"] = ChangelogOf(change) }, now);
        if (decision.Comment is { } text)
        {
            var comment = new JiraComment(Site.NextId(), person, JiraText.Document(text), now);
            issue.Comments.Add(comment);
            Emit("comment_created", new JsonObject { ["user"] = person.Render(""), ["issue"] = issue.Render("", ["*all"]), ["comment"] = comment.Render("", issue.Id) }, now);
        }

        return null;
    }

    private static JsonObject ChangelogOf(JiraChange change) => new() { ["id"] = change.Id, ["items"] = change.Items() };
}
