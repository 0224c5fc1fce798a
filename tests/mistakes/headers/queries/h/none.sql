SELECT :x AS id FROM crm.t
