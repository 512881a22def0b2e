using System.Text.Encodings.Web;
using System.Text.Json;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Tests.Rendering;

/// <summary>What people see, word for word. A change on purpose: the message of the failure says where what it is now was written to.</summary>
public sealed class GoldenTests
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var channel in new[] { "slack", "teams", "email", "webhook" })
            {
                data.Add(NoticeKinds.ApprovalRequested, "en", channel);
                data.Add(NoticeKinds.ApprovalClosed, "de", channel);
            }

            data.Add(NoticeKinds.ApprovalComment, "en", "email");
            data.Add(NoticeKinds.ConnectorSignIn, "de", "slack");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Render_Sample_LooksAsItShould(string kind, string locale, string channel)
    {
        var rendered = NoticeRenderer.Render(NoticeRenderer.Sample(kind, locale: locale), new ChannelSettings { Channel = channel, PublicAddress = "https://steward.acme.example" });
        var payload = channel == "email" ? rendered.Payload.Replace("><", ">\n<", StringComparison.Ordinal) : JsonSerializer.Serialize(JsonElement.Parse(rendered.Payload), Pretty);
        var shown = $"{rendered.Title}\n----\n{rendered.Text}\n----\n{payload}\n".ReplaceLineEndings("\n");
        var file = Path.Combine("Golden", $"{kind}.{locale}.{channel}.txt");
        if (File.Exists(Path.Combine(AppContext.BaseDirectory, file)) && File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file)).ReplaceLineEndings("\n") == shown)
        {
            return;
        }

        var current = Path.Combine(Path.GetTempPath(), "steward-golden");
        Directory.CreateDirectory(current);
        File.WriteAllText(Path.Combine(current, Path.GetFileName(file)), shown);
        Assert.Fail($"{file} is not what is shown now, which was written to {current}.");
    }
}
