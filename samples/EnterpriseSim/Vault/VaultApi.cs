using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Vault;

/// <summary>The vault's HTTP interface.</summary>
internal sealed class VaultApi(VaultState state)
{
    public async Task HandleAsync(HttpContext http)
    {
        var request = http.Request;
        var path = request.Path.Value ?? "/";
        var @namespace = request.Headers["X-Vault-Namespace"].ToString().Trim('/');
        var fault = path.StartsWith("/v1/sys/", StringComparison.Ordinal) ? null : state.TakeFault(request.Method);
        var body = await ReadAsync(http);
        var (status, answer) = fault is { AfterActing: false } ? (fault.Status, Errors("injected")) : Answer(http, path, @namespace, body);
        if (fault is not null)
        {
            (status, answer) = (fault.Status, Errors("injected"));
            if (fault.RetryAfter is { } wait)
            {
                http.Response.Headers.RetryAfter = wait;
            }
        }

        state.Record(new VaultCall(request.Method, path + request.QueryString, @namespace, status));
        if (status == 0)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "no-store";
        if (answer is not null)
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(answer.ToJsonString());
        }
    }

    private (int Status, JsonObject? Body) Answer(HttpContext http, string path, string @namespace, JsonObject? body)
    {
        lock (state.Gate)
        {
            if (path == "/v1/sys/health")
            {
                return (state.Sealed ? 503 : 200, new JsonObject { ["initialized"] = true, ["sealed"] = state.Sealed, ["standby"] = false, ["version"] = "1.17.0" });
            }

            if (path == "/v1/sys/seal-status")
            {
                return (200, new JsonObject { ["type"] = "shamir", ["initialized"] = true, ["sealed"] = state.Sealed });
            }

            if (state.Sealed)
            {
                return (503, Errors("Vault is sealed"));
            }

            if (!path.StartsWith("/v1/", StringComparison.Ordinal))
            {
                return (404, Errors());
            }

            var route = path["/v1/".Length..];
            if (route == "auth/approle/login")
            {
                return Login(http, @namespace, body);
            }

            var value = http.Request.Headers["X-Vault-Token"].ToString();
            if (state.FindToken(value, @namespace) is not { } token)
            {
                return (403, Errors("permission denied"));
            }

            return route switch
            {
                "auth/token/renew-self" => (200, Auth(value, state.Renew(value, token))),
                "auth/token/lookup-self" => (200, Data(new JsonObject { ["ttl"] = (long)(token.ExpiresAt - state.Now).TotalSeconds, ["renewable"] = true })),
                "auth/token/revoke-self" => Revoke(value),
                _ => Kv(http, route, @namespace, body),
            };
        }
    }

    private (int Status, JsonObject? Body) Login(HttpContext http, string @namespace, JsonObject? body)
    {
        if (http.Request.Method is not ("POST" or "PUT"))
        {
            return (405, Errors("unsupported operation"));
        }

        if (@namespace != state.Options.Namespace || Text(body, "role_id") != state.Options.RoleId || Text(body, "secret_id") != state.Options.SecretId)
        {
            return (400, Errors("invalid role or secret ID"));
        }

        var (value, token) = state.Login(@namespace);
        return (200, Auth(value, token));
    }

    private (int Status, JsonObject? Body) Revoke(string token)
    {
        state.Revoke(token);
        return (204, null);
    }

    private (int Status, JsonObject? Body) Kv(HttpContext http, string route, string @namespace, JsonObject? body)
    {
        var mountName = state.Options.Mounts.Concat(state.Options.Denied).Select(mount => MatchOf(mount, route)).FirstOrDefault(mount => mount is not null);
        if (mountName is null)
        {
            return (404, Errors($"no handler for route \"{route}\". route entry not found."));
        }

        if (state.Options.Denied.Any(denied => MatchOf(denied, route) is not null))
        {
            return (403, Errors("1 error occurred:\n\t* permission denied\n\n"));
        }

        var rest = route[(mountName.Length + 1)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (kind, path) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..].TrimEnd('/'));
        var mount = @namespace + "|" + mountName;
        var isList = http.Request.Method == "LIST" || (http.Request.Method == "GET" && http.Request.Query["list"] == "true");
        return (kind, http.Request.Method) switch
        {
            ("metadata", _) when isList => List(mount, path),
            ("data", "GET") => Read(http, mount, path),
            ("data", "POST" or "PUT") => Write(mount, path, body),
            ("data", "DELETE") => SoftDelete(mount, path, newestOnly: true, body),
            ("delete", "POST" or "PUT") => SoftDelete(mount, path, newestOnly: false, body),
            ("undelete", "POST" or "PUT") => Change(mount, path, body, version => version.DeletedAt = null),
            ("destroy", "POST" or "PUT") => Change(mount, path, body, version => (version.Destroyed, version.Data) = (true, [])),
            ("metadata", "GET") => Metadata(mount, path),
            ("metadata", "DELETE") => Remove(mount, path),
            _ => (405, Errors("1 error occurred:\n\t* unsupported operation\n\n")),
        };
    }

    private static string? MatchOf(string mount, string route)
    {
        if (!mount.EndsWith('*'))
        {
            return route.StartsWith(mount + "/", StringComparison.Ordinal) ? mount : null;
        }

        var end = route.IndexOf('/', StringComparison.Ordinal);
        return end > 0 && route.StartsWith(mount[..^1], StringComparison.Ordinal) ? route[..end] : null;
    }

    private (int Status, JsonObject? Body) Read(HttpContext http, string mount, string path)
    {
        if (state.Find(mount, path) is not { } secret)
        {
            return (404, Errors());
        }

        var number = int.TryParse(http.Request.Query["version"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : secret.Newest;
        if (!secret.Versions.TryGetValue(number, out var version))
        {
            return (404, Errors());
        }

        var gone = version.DeletedAt is not null || version.Destroyed;
        return (gone ? 404 : 200, Data(new JsonObject { ["data"] = gone ? null : version.Data.DeepClone(), ["metadata"] = Describe(number, version) }));
    }

    private (int Status, JsonObject? Body) Write(string mount, string path, JsonObject? body)
    {
        if (body?["data"] is not JsonObject data)
        {
            return (400, Errors("no data provided"));
        }

        var newest = state.Find(mount, path)?.Newest ?? 0;
        var cas = body["options"]?["cas"];
        if (cas is null && state.Options.CasRequired)
        {
            return (400, Errors("check-and-set parameter required for this call"));
        }

        if (cas is not null && cas.GetValue<int>() != newest)
        {
            return (400, Errors("check-and-set parameter did not match the current version"));
        }

        var secret = state.GetOrAdd(mount, path);
        var version = new VaultState.Version((JsonObject)data.DeepClone(), state.Now);
        secret.Versions[++secret.Newest] = version;
        while (secret.Versions.Count > state.Options.MaxVersions)
        {
            secret.Versions.Remove(secret.Versions.Keys.First());
        }

        return (200, Data(Describe(secret.Newest, version)));
    }

    private (int Status, JsonObject? Body) SoftDelete(string mount, string path, bool newestOnly, JsonObject? body) => newestOnly
        ? Change(mount, path, new JsonObject { ["versions"] = new JsonArray(state.Find(mount, path)?.Newest ?? 0) }, version => version.DeletedAt ??= state.Now)
        : Change(mount, path, body, version => version.DeletedAt ??= state.Now);

    private (int Status, JsonObject? Body) Change(string mount, string path, JsonObject? body, Action<VaultState.Version> change)
    {
        if (body?["versions"] is not JsonArray { Count: > 0 } versions)
        {
            return (400, Errors("no version number provided"));
        }

        foreach (var number in versions)
        {
            if (state.Find(mount, path)?.Versions.GetValueOrDefault(number!.GetValue<int>()) is { } version)
            {
                change(version);
            }
        }

        return (204, null);
    }

    private (int Status, JsonObject? Body) List(string mount, string path) => state.List(mount, path) is { Count: > 0 } keys
        ? (200, Data(new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => JsonValue.Create(key))]) }))
        : (404, Errors());

    private (int Status, JsonObject? Body) Metadata(string mount, string path)
    {
        if (state.Find(mount, path) is not { } secret)
        {
            return (404, Errors());
        }

        var versions = new JsonObject();
        foreach (var (number, version) in secret.Versions)
        {
            versions[number.ToString(CultureInfo.InvariantCulture)] = Describe(number, version);
        }

        return (200, Data(new JsonObject
        {
            ["cas_required"] = state.Options.CasRequired,
            ["current_version"] = secret.Newest,
            ["max_versions"] = state.Options.MaxVersions,
            ["oldest_version"] = secret.Versions.Keys.FirstOrDefault(),
            ["versions"] = versions,
        }));
    }

    private (int Status, JsonObject? Body) Remove(string mount, string path)
    {
        state.Remove(mount, path);
        return (204, null);
    }

    private JsonObject Auth(string value, VaultState.Token token) => new()
    {
        ["request_id"] = Guid.NewGuid().ToString(),
        ["lease_id"] = "",
        ["renewable"] = false,
        ["lease_duration"] = 0,
        ["data"] = null,
        ["auth"] = new JsonObject
        {
            ["client_token"] = value,
            ["policies"] = new JsonArray("default", "steward"),
            ["token_policies"] = new JsonArray("default", "steward"),
            ["lease_duration"] = (long)(token.ExpiresAt - state.Now).TotalSeconds,
            ["renewable"] = true,
            ["token_type"] = "service",
        },
    };

    private static JsonObject Data(JsonObject data) => new()
    {
        ["request_id"] = Guid.NewGuid().ToString(),
        ["lease_id"] = "",
        ["renewable"] = false,
        ["lease_duration"] = 0,
        ["data"] = data,
        ["wrap_info"] = null,
        ["warnings"] = null,
        ["auth"] = null,
    };

    private static JsonObject Describe(int number, VaultState.Version version) => new()
    {
        ["created_time"] = Time(version.CreatedAt),
        ["custom_metadata"] = null,
        ["deletion_time"] = version.DeletedAt is { } at ? Time(at) : "",
        ["destroyed"] = version.Destroyed,
        ["version"] = number,
    };

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Errors(params string[] texts) => new() { ["errors"] = new JsonArray([.. texts.Select(text => JsonValue.Create(text))]) };

    private static string? Text(JsonObject? body, string name) => body?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static async Task<JsonObject?> ReadAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
