using System.Net;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>The service catalogue API and the knowledge API.</summary>
internal sealed partial class ServiceNowSystem
{
    private Reply GetItem(Call call)
    {
        var item = ItemOf(call);
        return Reply.Ok(new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["sys_id"] = item["sys_id"], ["name"] = item["name"], ["short_description"] = item["short_description"], ["description"] = item["description"],
                ["price"] = "0.00", ["show_price"] = false, ["type"] = "catalog_item", ["mandatory_attachment"] = false,
                ["variables"] = new JsonArray(new JsonObject
                {
                    ["active"] = true, ["label"] = "Why do you need it?", ["mandatory"] = NeedsReason(item), ["name"] = "justification", ["friendly_type"] = "multi_line_text", ["type"] = 2, ["max_length"] = 0,
                }),
            },
        });
    }

    private Reply OrderItem(Call call)
    {
        var item = ItemOf(call);
        if (!int.TryParse(call.Json.Text("sysparm_quantity"), out var quantity) || quantity < 1)
        {
            throw Fail(400, "Invalid Quantity value", "Quantity must be a positive whole number");
        }

        if (NeedsReason(item) && string.IsNullOrWhiteSpace(call.Json.Object("variables")?.Text("justification")))
        {
            throw Fail(400, "Mandatory Variables are required", "");
        }

        var who = call.Json.Text("sysparm_requested_for") is { Length: > 0 } id
            ? Store.Find("sys_user", id)?["sys_id"] ?? throw Fail(400, "Invalid requested_for value", "The user does not exist")
            : Store.FindBy("sys_user", "user_name", call.Caller)!["sys_id"];
        var request = Store.Insert("sc_request", new Dictionary<string, string> { ["requested_for"] = who, ["short_description"] = item["name"] }, call.Caller, call.Now);
        var line = Store.Insert("sc_req_item", new Dictionary<string, string>
        {
            ["request"] = request["sys_id"], ["cat_item"] = item["sys_id"], ["requested_for"] = who, ["quantity"] = quantity.Plain(),
            ["description"] = call.Json.Object("variables")?.Text("justification") ?? "", ["due_date"] = TableStore.Stamp(call.Now.AddDays(5)),
        }, call.Caller, call.Now);
        if (NeedsReason(item))
        {
            Store.Insert("sysapproval_approver", new Dictionary<string, string>
            {
                ["sysapproval"] = line["sys_id"], ["approver"] = item["owner"], ["due_date"] = TableStore.Stamp(call.Now.AddDays(2)),
            }, call.Caller, call.Now);
        }

        call.Committed();
        return Reply.Ok(new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["sys_id"] = request["sys_id"], ["number"] = request["number"], ["request_number"] = request["number"], ["parent_id"] = null, ["request_id"] = request["sys_id"],
                ["parent_table"] = "task", ["table"] = "sc_request",
            },
        });
    }

    private Reply SearchKnowledge(Call call)
    {
        if (call.QueryNumber("limit", 30) is not ({ } limit and > 0 and <= 30) || call.QueryNumber("offset", 0) is not ({ } offset and >= 0))
        {
            throw Fail(400, "Invalid parameter", "limit must be from 1 to 30 and offset at least 0");
        }

        var words = (call.Query("query") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var found = Store.Rows("kb_knowledge").Where(row => row["workflow_state"] == "published")
            .Select(row => (Row: row, Score: words.Count(w => row["short_description"].Contains(w, StringComparison.OrdinalIgnoreCase) || row["text"].Contains(w, StringComparison.OrdinalIgnoreCase))))
            .Where(f => words.Length == 0 || f.Score > 0).OrderByDescending(f => f.Score).ThenBy(f => f.Row["number"], StringComparer.Ordinal).ToList();
        var page = found.Skip(offset).Take(limit).ToList();
        return Reply.Ok(new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["meta"] = new JsonObject
                {
                    ["start"] = offset, ["end"] = offset + page.Count, ["fields"] = call.Query("fields"), ["query"] = call.Query("query"), ["count"] = found.Count,
                    ["status"] = new JsonObject { ["code"] = 200 },
                },
                ["articles"] = new JsonArray([.. page.Select((f, rank) => new JsonObject
                {
                    ["id"] = $"kb_knowledge:{f.Row["sys_id"]}", ["title"] = f.Row["short_description"], ["number"] = f.Row["number"], ["rank"] = rank + 1, ["score"] = f.Score * 10,
                    ["snippet"] = f.Row["text"].Length > 120 ? f.Row["text"][..120] : f.Row["text"], ["link"] = $"?id=kb_article_view&sys_kb_id={f.Row["sys_id"]}",
                })]),
            },
        });
    }

    private Reply GetArticle(Call call)
    {
        var row = Store.Find("kb_knowledge", call.Route("id")) ?? Store.FindBy("kb_knowledge", "number", call.Route("id"));
        if (row is not { } article || article["workflow_state"] != "published")
        {
            throw Fail(404, "Article not found", "The article does not exist or you may not read it");
        }

        return Reply.Ok(new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["content"] = $"<p>{WebUtility.HtmlEncode(article["text"])}</p>", ["template"] = false, ["number"] = article["number"], ["sys_id"] = article["sys_id"],
                ["short_description"] = article["short_description"], ["display_attachments"] = false, ["attachments"] = new JsonArray(), ["embedded_content"] = new JsonArray(),
            },
        });
    }

    private static bool NeedsReason(Dictionary<string, string> item) => item["u_approval_required"] == "true";

    private Dictionary<string, string> ItemOf(Call call) => Store.Find("sc_cat_item", call.Route("itemId")) is { } item && item["active"] == "true"
        ? item
        : throw Fail(404, "Catalog Item not found", "The item does not exist or you may not order it");
}
