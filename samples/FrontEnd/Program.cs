// A front-end server in forty lines: authenticate the person, hand the message in, stream the answer.
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Hosting;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;

var builder = WebApplication.CreateBuilder(args);
builder.UseOrleansClient(client => client.UseLocalhostClustering(serviceId: "steward", clusterId: "steward"));
builder.Services.AddStewardClient();
var app = builder.Build();

app.MapPost("/ask", async (HttpContext context, IStewardClient steward, Question question) =>
{
    // A real front end takes this from its own sign-in: the cluster believes what this server says about the person.
    var person = steward.For(new CallerIdentity { TenantId = "t-acme", UserId = "u-ada.lovelace", Roles = ["employee"], Email = "ada.lovelace@acme.example" });
    context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    context.Response.ContentType = "text/plain; charset=utf-8";
    try
    {
        var session = await person.CreateSessionAsync(question.Session, title: "Front end", context.RequestAborted);
        await foreach (var happened in person.AskAsync(session.SessionId, question.Text, cancellationToken: context.RequestAborted))
        {
            using var content = JsonDocument.Parse(happened.Data);
            if (happened.Type == "answer.delta")
            {
                await context.Response.WriteAsync(content.RootElement.GetProperty("text").GetString() ?? "", context.RequestAborted);
            }
        }
    }
    catch (StewardException error) when (!context.Response.HasStarted)
    {
        await Results.Problem(error.Message, statusCode: error.IsRetryable ? 503 : 400).ExecuteAsync(context);
    }
});

await app.RunAsync();

internal sealed record Question(string Text, string? Session);
