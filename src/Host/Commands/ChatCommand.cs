using System.CommandLine;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Host.Demo;

namespace Steward.Host.Commands;

/// <summary><c>steward chat</c>: a terminal chat with a running Steward, over its HTTP API.</summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var user = new Option<string>("--user") { Description = "The employee who chats.", DefaultValueFactory = _ => DemoTenant.DefaultEmployee };
        var url = new Option<string?>("--url") { Description = "The gateway; by default the one that was started here." };
        url.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !(Uri.TryCreate(given, UriKind.Absolute, out var parsed) && parsed.Scheme is ("http" or "https")))
            {
                result.AddError("--url must be an http or https address, such as http://127.0.0.1:7080.");
            }
        });
        var data = CommandOptions.Data();
        var command = new Command("chat", "Chat with a running Steward. STEWARD_TOKEN, if set, is used instead of a development token.") { user, url, data };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(user),
            parsed.GetValue(url),
            new DataDirectory(parsed.GetRequiredValue(data)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string user, string? url, DataDirectory data, CancellationToken cancellationToken)
    {
        url ??= File.Exists(data.UrlFile) ? (await File.ReadAllTextAsync(data.UrlFile, cancellationToken)).Trim() : null;
        if (url is null)
        {
            await Console.Error.WriteLineAsync("No Steward runs here. Start one with ./steward up, or name one with --url.");
            return 1;
        }

        var token = Environment.GetEnvironmentVariable("STEWARD_TOKEN") is { Length: > 0 } given ? given : TokenCommand.Issue(user, data);
        if (token is null)
        {
            return 1;
        }

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStewardHttpClient(options =>
        {
            options.BaseAddress = new Uri(url);
            options.Token = _ => ValueTask.FromResult(token);
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IStewardUserClient>();
        try
        {
            var session = await client.CreateSessionAsync(title: "Terminal", cancellationToken: cancellationToken);
            var screen = new ChatScreen(Console.Out, colours: !Console.IsOutputRedirected);
            screen.Welcome(user, url, session.SessionId);
            var conversation = new ChatConversation(client, session.SessionId, screen);
            while (screen.Prompt(Console.In) is { } line && line.Trim() is not ("/quit" or "/exit"))
            {
                if (!string.IsNullOrWhiteSpace(line))
                {
                    await conversation.TakeAsync(line, cancellationToken);
                }
            }

            return 0;
        }
        catch (StewardException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message} ({exception.Code})");
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 130;
        }
    }
}
