// A front-end server in forty lines: it signs the person in, hands the message in and streams the answer.
using System.Text.Json;
using Orleans.Hosting;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;

namespace Steward.FrontEnd;

/// <summary>Answers <c>POST /ask</c> with what Steward says.</summary>
public static class FrontEndServer
{
    /// <summary>Runs the server until it is stopped.</summary>
    public static Task Main(string[] args) => Build(args).RunAsync();

    /// <summary>Composes the server, unstarted.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var siloPort = builder.Configuration.GetValue("Steward:Cluster:GatewayPort", 30000);
        builder.UseOrleansClient(client => client.UseLocalhostClustering(siloPort, serviceId: "steward", clusterId: "steward"));
        builder.Services.AddStewardClient();
        var app = builder.Build();
        app.MapPost("/ask", AskAsync);
        return app;
    }

    private static async Task AskAsync(HttpContext context, IStewardClient steward, Question question)
    {
        // A real front end takes this from its own sign-in: the cluster believes what this server says about the person.
        var ada = new CallerIdentity { TenantId = "t-acme", UserId = "u-ada.lovelace", Roles = ["employee"], Email = "ada.lovelace@acme.example" };
        var person = steward.For(ada);
        try
        {
            var session = await person.CreateSessionAsync(question.Session, title: "Front end", context.RequestAborted);
            await foreach (var happened in person.AskAsync(session.SessionId, question.Text, cancellationToken: context.RequestAborted))
            {
                if (happened.Type == "answer.delta")
                {
                    using var piece = JsonDocument.Parse(happened.Data);
                    context.Response.ContentType ??= "text/plain; charset=utf-8";
                    await context.Response.WriteAsync(piece.RootElement.GetProperty("text").GetString()!, context.RequestAborted);
                }
            }
        }
        catch (StewardException error) when (!context.Response.HasStarted)
        {
            await Results.Problem(error.Message, statusCode: error.IsRetryable ? 503 : 400).ExecuteAsync(context);
        }
    }

    private sealed record Question(string Text, string? Session);
}
