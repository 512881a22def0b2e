using System.Globalization;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>A request whose body has been read, as the simulated systems see it.</summary>
internal sealed class Call(HttpContext http, string operation, DateTimeOffset now)
{
    public HttpContext Http => http;

    public string Operation => operation;

    public DateTimeOffset Now => now;

    public string Method => http.Request.Method;

    public string BaseUrl { get; } = $"{http.Request.Scheme}://{http.Request.Host}";

    public string Path => http.Request.Path.Value ?? "/";

    public string PathAndQuery => $"{http.Request.Path.ToUriComponent()}{http.Request.QueryString.ToUriComponent()}";

    public string BodyText { get; set; } = "";

    /// <summary>The body as it came.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>The JSON body; null if there was none.</summary>
    public JsonNode? Body { get; set; }

    /// <summary>The JSON body as an object; empty if there was none or it was something else.</summary>
    public JsonObject Json => Body as JsonObject ?? [];

    /// <summary>The form of a token request; empty for other calls.</summary>
    public IFormCollection Form { get; set; } = FormCollection.Empty;

    /// <summary>The files of a form in parts; empty for other calls.</summary>
    public IReadOnlyList<SimFile> Files { get; set; } = [];

    public string Caller { get; set; } = "";

    public bool Effect { get; private set; }

    /// <summary>What the step before the call's turn found out; null if there was none.</summary>
    public string? Finding { get; set; }

    public SimFault? Fault { get; set; }

    public RateReading? Rate { get; set; }

    public string? Authorization => http.Request.Headers.Authorization.ToString() is { Length: > 0 } value ? value : null;

    /// <summary>Says that this call changed the system.</summary>
    public void Committed() => Effect = true;

    public string Route(string name) => http.Request.RouteValues[name] as string ?? "";

    public string? Query(string name) => http.Request.Query.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>A whole number of the query; the fallback if it is absent, null if it is no number.</summary>
    public int? QueryNumber(string name, int fallback)
    {
        var text = Query(name);
        if (string.IsNullOrEmpty(text))
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
    }

    /// <summary>This request's URL with some query parameters set or, with null, removed.</summary>
    public string UrlWith(params ReadOnlySpan<(string Name, string? Value)> changes)
    {
        var query = new List<KeyValuePair<string, string?>>();
        foreach (var (name, values) in http.Request.Query)
        {
            var changed = false;
            foreach (var change in changes)
            {
                changed |= change.Name == name;
            }

            if (!changed)
            {
                query.AddRange(values.Select(value => KeyValuePair.Create(name, value)));
            }
        }

        foreach (var (name, value) in changes)
        {
            if (value is not null)
            {
                query.Add(KeyValuePair.Create(name, (string?)value));
            }
        }

        return $"{BaseUrl}{http.Request.Path.ToUriComponent()}{QueryString.Create(query).ToUriComponent()}";
    }
}

/// <summary>A file of a form.</summary>
internal sealed record SimFile(string Field, string Name, string ContentType, byte[] Content);

/// <summary>An answer in the making.</summary>
internal sealed class Reply(int status, JsonNode? body = null)
{
    public int Status => status;

    public JsonNode? Body => body;

    public List<(string Name, string Value)> Headers { get; } = [];

    public static Reply Ok(JsonNode body) => new(200, body);

    public static Reply NoContent() => new(204);

    public static Reply Redirect(string url) => new Reply(302).With("Location", url);

    public Reply With(string name, string value)
    {
        Headers.Add((name, value));
        return this;
    }
}

/// <summary>Ends the handling of a call with an answer.</summary>
internal sealed class ReplyException(Reply reply) : Exception("The call ends with an error answer.")
{
    public Reply Reply { get; } = reply;
}
